import { describe, expect, it } from 'vitest'
import { type HostileName, hostile } from './hostile.ts'
import { describeInBrowser, views } from './open-report.ts'

const names = Object.keys(hostile) as HostileName[]

/** The place of a hostile name's row in the input: they follow thirty ordinary ones. */
const rowOf = (name: HostileName): number => 31 + names.indexOf(name)

describeInBrowser('a hostile text', (open) => {
  describe.each(views)('at $name', (view) => {
    it('is shown as it is, in a row as high and wide as the others', async () => {
      await open('everyKind', view, async (page) => {
        const plain = await page.locator('tbody tr').first().boundingBox()
        for (const name of names) {
          const row = page.locator(`tr[aria-rowindex="${rowOf(name) + 1}"]`)
          const box = await row.boundingBox()
          expect(box, name).toMatchObject({ x: plain?.x, width: plain?.width, height: plain?.height })
          if (name === 'lines') continue
          const login = row.locator('.okta_login')
          expect(await login.textContent()).toBe(`${hostile[name]}@example.com`)
          // Also what is read from the right stands where the column begins.
          expect(
            await login
              .locator('bdi')
              .evaluate((cell) => cell.ownerDocument.defaultView?.getComputedStyle(cell).textAlign),
          ).toBe('left')
        }
      })
    })

    it('is shown as it is in an opened row, and leaves it as wide as it was', async () => {
      await open('everyKind', view, async (page) => {
        const dialog = page.getByRole('dialog')
        for (const name of names) {
          await page
            .locator(`tr[aria-rowindex="${rowOf(name) + 1}"]`)
            .getByRole('button')
            .click()
          await expect
            .poll(() => dialog.locator('dd').allTextContents(), { message: name })
            .toContain(hostile[name])
          const { x = 0, width = 0 } = (await dialog.boundingBox()) ?? {}
          expect(x + width, name).toBeLessThanOrEqual(view.width)
          expect(await dialog.evaluate((one) => one.scrollWidth - one.clientWidth), name).toBe(0)
          await dialog.getByRole('button', { name: 'Close' }).click()
          await dialog.waitFor({ state: 'detached' })
        }
      })
    })

    it('makes no element of its own, and each is isolated from the text around it', async () => {
      await open('everyKind', view, async (page) => {
        expect(await page.locator('#app :is(img, script, iframe, b)').count()).toBe(0)
        const apart = await page.evaluate<readonly string[]>(`(() => {
          const rightToLeft = /[\\u0590-\\u06ff\\u202a-\\u202e\\u2066-\\u2069]/
          const walker = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT)
          const found = []
          while (walker.nextNode()) {
            const { data, parentElement } = walker.currentNode
            const isolated = parentElement.closest('bdi, option') !== null
            if (rightToLeft.test(data) && !isolated) found.push(data)
          }
          return found
        })()`)
        expect(apart).toEqual([])
      })
    })
  })
})
