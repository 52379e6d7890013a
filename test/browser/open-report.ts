import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject } from 'vitest'
import { chromiumPath, launch } from './browser.ts'
import type { ReportName } from './reports.ts'

/** How a person looks at a report. */
export interface View {
  readonly width: 1280 | 390
  readonly colorScheme: 'light' | 'dark'
}

export const views: readonly (View & { readonly name: string })[] = [
  { name: '1280 pixels, light', width: 1280, colorScheme: 'light' },
  { name: '1280 pixels, dark', width: 1280, colorScheme: 'dark' },
  { name: '390 pixels, light', width: 390, colorScheme: 'light' },
  { name: '390 pixels, dark', width: 390, colorScheme: 'dark' },
]

export type Open = (name: ReportName, view: View, work: (page: Page) => Promise<void>) => Promise<void>

/** Tests in a browser, which are skipped if there is none. */
export function describeInBrowser(name: string, tests: (open: Open) => void): void {
  describe.skipIf(inject('reports') === null)(name, () => {
    let browser: Browser | null = null
    beforeAll(async () => {
      browser = await launch(chromiumPath() ?? '')
    })
    afterAll(async () => {
      await browser?.close()
    })
    tests(async (report, view, work) => {
      const path = inject('reports')?.[report]
      if (browser === null || path === undefined) throw new Error('There is no browser, or no report')
      await openReport(browser, path, view, work)
    })
  })
}

/**
 * Opens a report in a new window. Whatever a test does there: nothing is asked for besides the file itself, nothing is
 * written to the console, no error is thrown, and no dialog is opened by a script.
 */
async function openReport(browser: Browser, path: string, view: View, work: (page: Page) => Promise<void>) {
  const { width, colorScheme } = view
  const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme })
  const file = `file://${path}`
  const unwanted: string[] = []
  const page = await context.newPage()
  page.on('console', (message) => unwanted.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => unwanted.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== file) unwanted.push(`request: ${request.url()}`)
  })
  page.on('dialog', async (dialog) => {
    unwanted.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  try {
    await page.goto(file)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await work(page)
    expect(unwanted).toEqual([])
  } finally {
    await context.close()
  }
}
