import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { longCount } from './long-report.ts'
import { describeInBrowser, type View } from './open-report.ts'

const view: View = { width: 1280, colorScheme: 'light' }
const dark: View = { width: 1280, colorScheme: 'dark' }

const rowsOf = (page: Page): Promise<number> => page.locator('.table tbody tr:not(.gap)').count()

describeInBrowser('on paper', (open) => {
  it('a thousand rows are all there, without search and buttons', async () => {
    await open('long', view, async (page) => {
      await page.getByLabel('Result', { exact: true }).selectOption('failed')
      await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^1,000 of/)
      expect(await rowsOf(page)).toBeLessThan(100)
      await page.emulateMedia({ media: 'print' })
      await expect.poll(() => rowsOf(page)).toBe(1000)
      expect(await page.getByRole('table').isVisible()).toBe(true)
      expect(await page.getByRole('searchbox').isVisible()).toBe(false)
      expect(await page.getByRole('columnheader').getByRole('button').count()).toBe(0)
      await page.emulateMedia({ media: 'screen' })
      await expect.poll(() => rowsOf(page)).toBeLessThan(100)
    })
  })

  it('more rows are left out, and the page says so; headline, totals and what needs you are there', async () => {
    await open('long', view, async (page) => {
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('.table').isVisible()).toBe(false)
      expect(await page.getByText('too long to be printed').isVisible()).toBe(true)
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('1,000 need you')
      expect(await page.getByText(`${longCount.toLocaleString('en')} tasks =`).isVisible()).toBe(true)
      expect(await page.getByRole('article').isVisible()).toBe(true)
    })
  })

  it('is dark ink on white, also for whoever reads the page in the dark', async () => {
    await open('everyKind', dark, async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      const colours = await page.evaluate(`(() => {
        const { color, backgroundColor } = getComputedStyle(document.body)
        return [color, backgroundColor]
      })()`)
      expect(colours).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)'])
    })
  })

  it('no cell is cut off, and no line is wider than the paper', async () => {
    await open('everyKind', view, async (page) => {
      await page.emulateMedia({ media: 'print' })
      // The width of an A4 page in landscape, without its margins.
      await page.setViewportSize({ width: 1020, height: 700 })
      const cut = await page
        .locator('.table :is(td, th)')
        .evaluateAll((cells) =>
          cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
        )
      expect(cut).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    })
  })
})
