import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, inject, it } from 'vitest'
import { describeInBrowser, views } from './open-report.ts'
import { reportNames } from './reports.ts'

/** What axe-core finds that keeps somebody from using the page. */
async function seriousOf(page: Page): Promise<readonly string[]> {
  // Not as a script element, which the page's policy forbids.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** How far the page is wider than the window. */
async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate('document.documentElement.scrollWidth - innerWidth')
}

/** Lines that do not fit into their place, so that their ends can't be seen. The cells of the table are opened instead. */
async function cutOffIn(page: Page): Promise<readonly (string | null)[]> {
  return await page
    .locator('header > *, .kind, .kind p, .kind h3, .examples li, .facts div, dialog, dialog dd')
    .evaluateAll((places) =>
      places.filter((place) => place.scrollWidth > place.clientWidth + 1).map((place) => place.textContent),
    )
}

const made = reportNames.filter((name) => name !== 'long')

describeInBrowser('a report', (open) => {
  describe.each(views)('at $name', (view) => {
    it.each(reportNames)('%s: is not wider than the window, and has no serious barrier', async (name) => {
      await open(name, view, async (page) => {
        expect(await overflowOf(page)).toBe(0)
        expect(await cutOffIn(page)).toEqual([])
        expect(await seriousOf(page)).toEqual([])
      })
    })

    it.each(made)('%s: begins with the headline of summary.json', async (name) => {
      const directory = dirname(inject('reports')?.[name] ?? '')
      const { headline } = JSON.parse(await readFile(join(directory, 'summary.json'), 'utf8'))
      await open(name, view, async (page) => {
        expect(await page.getByRole('heading').first().textContent()).toBe(headline)
        expect(await page.title()).toContain(headline)
      })
    })

    it('with a row opened: the same', async () => {
      await open('everyKind', view, async (page) => {
        await page.getByRole('searchbox').fill('Wolfeschlegel')
        await page.getByRole('rowheader').first().getByRole('button').click()
        await page.getByRole('dialog').waitFor()
        expect(await overflowOf(page)).toBe(0)
        expect(await cutOffIn(page)).toEqual([])
        expect(await seriousOf(page)).toEqual([])
      })
    })

    it('has the colours that were asked for', async () => {
      await open('calm', view, async (page) => {
        const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
        const [red = 0] = (colour.match(/\d+/g) ?? []).map(Number)
        expect(red > 127).toBe(view.colorScheme === 'light')
      })
    })
  })
})
