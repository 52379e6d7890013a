import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'

/** What a person waits for on a report's page, in milliseconds. */
export interface PageTimes {
  /** From the navigation until the headline and the first rows are painted. */
  readonly open: number
  /** A search at once after that, before the page has prepared its rows. */
  readonly firstSearch: number
  /** A search later. */
  readonly search: number
  readonly filter: number
  readonly sort: number
}

/** Runs in the page before its own script: notes when the first rows are painted. */
const noteOpening = `new MutationObserver((_, observer) => {
  if (document.querySelector('h1') === null || document.querySelector('tbody th') === null) return
  observer.disconnect()
  requestAnimationFrame(() => setTimeout(() => { globalThis.openedAt = performance.now() }))
}).observe(document, { childList: true, subtree: true })`

/** Does something in the page and resolves with the time until its effect is painted. */
function timed(act: string, isDone: string): string {
  return `new Promise((resolve) => {
    const began = performance.now()
    ${act}
    const look = () => {
      if (!(${isDone})) return setTimeout(look)
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)))
    }
    look()
  })`
}

function typed(text: string): string {
  return `const box = document.querySelector('input[type=search]')
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(box, '${text}')
    box.dispatchEvent(new Event('input', { bubbles: true }))`
}

const status = `document.querySelector('[role=status]').textContent`
const chooseUnchanged = `const select = document.querySelector('option[value=unchanged]').closest('select')
  select.value = 'unchanged'
  select.dispatchEvent(new Event('change', { bubbles: true }))`
const sortByUser = `document.querySelector('thead .user button').click()`
const isSorted = `document.querySelector('thead .user').ariaSort === 'ascending'`

/**
 * Opens a page once, in a browser of its own.
 *
 * @param words what finds a single row
 */
export async function timePage(
  executablePath: string,
  path: string,
  words: readonly string[],
): Promise<PageTimes> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
    await page.addInitScript(noteOpening)
    await page.goto(pathToFileURL(path).href)
    await page.waitForFunction('globalThis.openedAt')
    const open = await page.evaluate<number>('globalThis.openedAt')
    const found = `${status}.startsWith('1 of')`
    const firstSearch = await page.evaluate<number>(timed(typed(words.join(' ')), found))
    await clear(page)
    // By then the page has prepared all rows; nothing shows when.
    await page.waitForTimeout(5000)
    const search = await page.evaluate<number>(timed(typed(words.toReversed().join(' ')), found))
    await clear(page)
    const filter = await page.evaluate<number>(timed(chooseUnchanged, `!${status}.startsWith('All')`))
    await clear(page)
    const sort = await page.evaluate<number>(timed(sortByUser, isSorted))
    return { open, firstSearch, search, filter, sort }
  } finally {
    await browser.close()
  }
}

async function clear(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.getByText(/^All [\d,]+ tasks are shown/).waitFor()
}
