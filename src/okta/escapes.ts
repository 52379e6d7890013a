import { type Escape, isInvisible, kindOf, plainKind, readEscape, unseen } from './read-escape.ts'

/** What makes a text more than it looks like: escapes, and characters that are not shown. */
const special = /[%\\&\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\s]/u

/**
 * A text with one level of escapes taken away: those of JSON, which take all their backslashes with them, of URLs and of
 * HTML. It knows where each character was. Nothing is made per escape but three numbers, because a hostile text may be
 * made of millions of them; and the text is read once, from its beginning to its end.
 */
export class Level {
  readonly plain: string
  /** Stretches: where they begin in the plain text, and where they begin and end in the text. */
  readonly #plainAt: Numbers
  readonly #textAt: Numbers
  readonly #textEnd: Numbers

  /** Null if the text has no escape, and nothing that is not shown. */
  static of(text: string): Level | null {
    if (!special.test(text)) return null
    const level = new Level(text)
    return level.plain.length === text.length ? null : level
  }

  private constructor(text: string) {
    const plain = new Uint16Array(text.length)
    const plainAt = new Numbers()
    const textAt = new Numbers()
    const textEnd = new Numbers()
    const into: Escape = { end: 0, code: unseen }
    let size = 0
    let asWritten = false
    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at)
      const kind = kindOf(unit)
      if (kind === plainKind || !readEscape(text, at, kind, into)) {
        if (!asWritten) {
          plainAt.push(size)
          textAt.push(at)
          textEnd.push(at)
          asWritten = true
        }
        plain[size++] = unit
        at += 1
        textEnd.setLast(at)
        continue
      }
      const { end, code } = into
      if (code !== unseen && !isInvisible(code)) {
        plainAt.push(size)
        textAt.push(at)
        textEnd.push(end)
        if (code > 0xffff) {
          plain[size++] = 0xd800 + ((code - 0x10000) >> 10)
          plain[size++] = 0xdc00 + ((code - 0x10000) & 0x3ff)
        } else plain[size++] = code
      }
      asWritten = false
      at = end
    }
    this.plain = Buffer.from(plain.buffer, 0, size * 2).toString('utf16le')
    this.#plainAt = plainAt
    this.#textAt = textAt
    this.#textEnd = textEnd
  }

  /** Where the character of the plain text begins in the text. */
  startOf(at: number): number {
    const stretch = this.#stretchAt(at)
    const from = this.#textAt.at(stretch)
    return this.#isAsWritten(stretch) ? from + at - this.#plainAt.at(stretch) : from
  }

  /** Where the last character before a place in the plain text ends in the text. */
  endOf(end: number): number {
    const stretch = this.#stretchAt(end - 1)
    if (!this.#isAsWritten(stretch)) return this.#textEnd.at(stretch)
    return this.#textAt.at(stretch) + end - this.#plainAt.at(stretch)
  }

  #stretchAt(at: number): number {
    let low = 0
    let high = this.#plainAt.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#plainAt.at(middle) <= at) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Whether a stretch has no escape: then it is as long as in the text, and an escape is always longer. */
  #isAsWritten(stretch: number): boolean {
    const next = stretch + 1 < this.#plainAt.length ? this.#plainAt.at(stretch + 1) : this.plain.length
    return this.#textEnd.at(stretch) - this.#textAt.at(stretch) === next - this.#plainAt.at(stretch)
  }
}

/** A list of whole numbers that takes four bytes for each. */
class Numbers {
  length = 0
  #all = new Int32Array(64)

  push(value: number): void {
    if (this.length === this.#all.length) {
      const more = new Int32Array(this.length * 2)
      more.set(this.#all)
      this.#all = more
    }
    this.#all[this.length++] = value
  }

  setLast(value: number): void {
    this.#all[this.length - 1] = value
  }

  at(index: number): number {
    return this.#all[index] ?? 0
  }
}
