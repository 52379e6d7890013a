import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { longCount } from './long-report.ts'
import { describeInBrowser, views } from './open-report.ts'

/** The row that has the focus, counted from 1; null if none has. */
async function focusedRow(page: Page): Promise<number | null> {
  return await page.evaluate(`Number(document.activeElement.closest('tr')?.ariaRowIndex) - 1 || null`)
}

async function focusedText(page: Page): Promise<string> {
  return await page.evaluate(`document.activeElement.textContent`)
}

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let press = 0; press < 60; press++) {
    if ((await focusedText(page)).startsWith(text)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${text}`)
}

describeInBrowser('without a mouse', (open) => {
  describe.each(views)('at $name', (view) => {
    it('a kind of trouble leads to its rows, and a row opens and closes where one was', async () => {
      await open('everyKind', view, async (page) => {
        await tabTo(page, 'Show in the table')
        await page.keyboard.press('Enter')
        await expect.poll(() => page.getByRole('status').textContent()).toBe('1 of 64 tasks is shown.')
        await tabTo(page, '00u')
        const user = await focusedText(page)
        await page.keyboard.press('Enter')
        const dialog = page.getByRole('dialog')
        await dialog.waitFor()
        expect(await dialog.textContent()).toContain(user)
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
        expect(await focusedText(page)).toBe(user)
      })
    })

    it('a heading sorts by Enter and keeps the focus', async () => {
      await open('everyKind', view, async (page) => {
        await tabTo(page, 'Result')
        await page.keyboard.press('Enter')
        const heading = page.getByRole('columnheader', { name: 'Result' })
        await expect.poll(() => heading.getAttribute('aria-sort')).toBe('ascending')
        expect(await focusedText(page)).toMatch(/^Result/)
      })
    })

    it('arrows and Home and End lead through rows, also to those that are not drawn yet', async () => {
      await open('long', view, async (page) => {
        await page.getByRole('rowheader').first().getByRole('button').focus()
        for (const [key, row] of [
          ['ArrowDown', 2],
          ['ArrowDown', 3],
          ['ArrowUp', 2],
          ['End', longCount],
          ['ArrowUp', longCount - 1],
          ['Home', 1],
          ['ArrowUp', 1],
        ] as const) {
          await page.keyboard.press(key)
          await expect.poll(() => focusedRow(page), { message: key }).toBe(row)
          const seen = await page.evaluate<boolean>(`(() => {
            const { left, top } = document.activeElement.getBoundingClientRect()
            return document.activeElement.contains(document.elementFromPoint(left + 20, top + 20))
          })()`)
          expect(seen, `${key} leads to a row that can be seen`).toBe(true)
        }
        await page.keyboard.press('PageDown')
        await expect.poll(() => focusedRow(page)).toBeGreaterThan(5)
      })
    })

    it('the table can be skipped', async () => {
      await open('long', view, async (page) => {
        await tabTo(page, 'Skip the table')
        await page.keyboard.press('Enter')
        await page.keyboard.press('Shift+Tab')
        // Back is the last row that is drawn; forward is whatever comes after the table.
        expect(await focusedRow(page)).toBeGreaterThan(1)
      })
    })
  })
})
