import { unescapeText } from './escaped-text.ts'

/**
 * Puts together what an element `si` or `is` shows: its one text, or the texts of runs that each have a format of their
 * own. Phonetic runs (`rPh`), which say how a Japanese name is pronounced, are left out. Each text has its own escapes.
 */
export class ShownText {
  #whole = ''
  #piece = ''

  /** The text so far. */
  get text(): string {
    return this.#whole
  }

  /** @param path the elements around the text inside `si` or `is`, the outermost first */
  take(text: string, path: readonly string[]): void {
    if (isShown(path)) this.#piece += text
  }

  /** Takes the end of an element. */
  close(name: string): void {
    if (name !== 't') return
    this.#whole += unescapeText(this.#piece)
    this.#piece = ''
  }
}

function isShown(path: readonly string[]): boolean {
  return path.at(-1) === 't' && (path.length === 1 || (path.length === 2 && path[0] === 'r'))
}
