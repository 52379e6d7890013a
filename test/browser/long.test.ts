import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { longCount, oneOfMany } from './long-report.ts'
import { describeInBrowser, views } from './open-report.ts'

/** However long the table is. */
const mostDrawn = 150

const users = (page: Page) => page.locator('.table tbody .user')

async function expectShown(page: Page, first: string): Promise<void> {
  await expect.poll(() => users(page).first().textContent()).toBe(first)
  expect(await users(page).count()).toBeLessThan(mostDrawn)
}

describeInBrowser('a report of 100,000 rows', (open) => {
  describe.each(views)('at $name', (view) => {
    it('has few rows in the document, wherever one scrolls, and all in its height', async () => {
      await open('long', view, async (page) => {
        await expectShown(page, 'person1@example.com')
        const table = page.getByRole('region', { name: 'Tasks' })
        expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(longCount + 1))
        const height = await table.evaluate((box) => box.scrollHeight)
        expect(height).toBeGreaterThan(longCount * 40)
        for (const part of [0.5, 1, 0]) {
          await table.evaluate((box, top) => box.scrollTo({ top }), height * part)
          const near = Math.round(part * longCount)
          await expect
            .poll(async () => {
              const rows = await page
                .locator('.table tbody tr:not(.gap)')
                .evaluateAll((all) => all.map((row) => Number(row.getAttribute('aria-rowindex')) - 1))
              return rows.length < mostDrawn && rows.some((row) => Math.abs(row - near) < 40)
            })
            .toBe(true)
        }
      })
    })

    it('a search finds one of all, with or without accents', async () => {
      await open('long', view, async (page) => {
        for (const search of [oneOfMany.name, 'nandu OKONKWO', `person${oneOfMany.row}@`]) {
          await page.getByRole('searchbox').fill(search)
          await expect.poll(() => page.getByRole('status').textContent()).toBe('1 of 100,000 tasks is shown.')
          await expectShown(page, `person${oneOfMany.row}@example.com`)
        }
      })
    })

    it('sorts all of them', async () => {
      await open('long', view, async (page) => {
        const heading = page.getByRole('columnheader', { name: 'User' })
        await heading.getByRole('button').click()
        await expectShown(page, 'person100000@example.com')
        await heading.getByRole('button').click()
        await expectShown(page, 'person9@example.com')
      })
    })
  })
})
