import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { describeInBrowser, views } from './open-report.ts'

const rows = 64

const searches = [
  ['LEAVER12', 1],
  ['mastered under another', 2],
  // Only the input's own columns have these.
  ['behind an open call', 1],
  ['<script>alert(1)</script>', 4],
  ['=cmd()', 2],
  ['محمد', 2],
  ['zoe', 1],
] as const

const filters = [
  { label: 'Result', value: 'in_doubt', shown: 1, column: 'result', text: 'in doubt' },
  { label: 'Result', value: 'failed', shown: 6, column: 'result', text: 'failed' },
  { label: 'Result', value: 'skipped', shown: 11, column: 'result', text: 'skipped' },
  { label: 'Result', value: 'not_run', shown: 1, column: 'result', text: 'not run' },
  { label: 'Result', value: 'unsettled', shown: 1, column: 'result', text: 'unsettled' },
  { label: 'Result', value: 'unchanged', shown: 1, column: 'result', text: 'unchanged' },
  { label: 'Action', value: 'deactivate', shown: 4, column: 'action', text: 'deactivate' },
  { label: 'Action', value: 'dismiss', shown: 1, column: 'action', text: 'dismiss' },
  { label: 'Status before', value: 'STAGED', shown: 2, column: 'status_before', text: 'STAGED' },
  { label: 'Needs you', value: 'protected by a guard', shown: 1, column: 'result', text: 'skipped' },
] as const

/** The texts of a column, from the top. */
async function columnOf(page: Page, name: string): Promise<readonly string[]> {
  return await page.locator(`.table tbody .${name}`).allTextContents()
}

/** The count that is announced, and the one that the table claims. */
async function expectCount(page: Page, shown: number): Promise<void> {
  const count = page.getByRole('status')
  const text =
    shown === rows ? `All ${rows} tasks are` : `${shown} of ${rows} tasks ${shown === 1 ? 'is' : 'are'}`
  await expect.poll(() => count.textContent()).toBe(`${text} shown.`)
  expect(await page.getByRole('table').first().getAttribute('aria-rowcount')).toBe(String(shown + 1))
  expect(await columnOf(page, 'user')).toHaveLength(shown)
}

describeInBrowser('the table of a report', (open) => {
  describe.each(views)('at $name', (view) => {
    it('is searched in all columns, in any letter case and without accents', async () => {
      await open('everyKind', view, async (page) => {
        for (const [search, shown] of searches) {
          await page.getByRole('searchbox', { name: 'Search all columns' }).fill(search)
          await expectCount(page, shown)
        }
        await page.getByRole('searchbox').fill('nobody at all')
        await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^None of 64 tasks matches/)
        expect(await columnOf(page, 'user')).toEqual([])
        await page.getByRole('button', { name: 'Show all' }).click()
        await expectCount(page, rows)
      })
    })

    it('is filtered by one value of a column, whose count the filter shows', async () => {
      await open('everyKind', view, async (page) => {
        for (const { label, value, shown, column, text } of filters) {
          const filter = page.getByLabel(label, { exact: true })
          await filter.selectOption(value)
          await expectCount(page, shown)
          expect(new Set(await columnOf(page, column))).toEqual(new Set([text]))
          expect((await filter.locator('option:checked').textContent())?.endsWith(` (${shown})`)).toBe(true)
          await filter.selectOption('')
          await expectCount(page, rows)
        }
      })
    })

    it('search and filters narrow together', async () => {
      await open('everyKind', view, async (page) => {
        await page.getByLabel('Result', { exact: true }).selectOption('failed')
        await page.getByRole('searchbox').fill('mastered')
        await expectCount(page, 2)
        await page.getByLabel('Status before', { exact: true }).selectOption('STAGED')
        await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^None/)
      })
    })

    it('a heading sorts up, then down, then not at all', async () => {
      await open('everyKind', view, async (page) => {
        const heading = page.getByRole('columnheader', { name: 'Login' })
        const before = await columnOf(page, 'okta_login')
        const filled = before.filter((login) => login !== '').map((login) => login.toLowerCase())
        for (const [sorted, first] of [
          ['ascending', filled.toSorted()[0]],
          ['descending', filled.toSorted().at(-1)],
          ['none', filled[0]],
        ]) {
          await heading.getByRole('button').click()
          await expect.poll(() => heading.getAttribute('aria-sort')).toBe(sorted)
          const logins = await columnOf(page, 'okta_login')
          expect(logins[0]?.toLowerCase()).toBe(first)
          expect(logins.toSorted()).toEqual(before.toSorted())
        }
        expect(await columnOf(page, 'okta_login')).toEqual(before)
      })
    })

    it('each kind of trouble shows its own tasks, no more and no fewer', async () => {
      await open('everyKind', view, async (page) => {
        const kinds = page.getByRole('article')
        const count = await kinds.count()
        expect(count).toBeGreaterThan(10)
        for (let index = 0; index < count; index++) {
          const kind = kinds.nth(index)
          const tasks = Number(await kind.locator('.count').textContent())
          await kind.getByRole('button').click()
          await expectCount(page, tasks)
        }
      })
    })
  })
})
