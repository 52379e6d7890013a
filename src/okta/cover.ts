import type { Span } from './plain-form.ts'

/**
 * Which characters of a text must not be shown. It takes one byte for each character, and nothing for each stretch that
 * was added, in whatever order: a hostile text may have a million.
 */
export class Cover {
  readonly #length: number
  #covered: Uint8Array | null = null

  /** @param length of the text, in characters */
  constructor(length: number) {
    this.#length = length
  }

  /** Adds a stretch. It may overlap others. */
  add(from: number, end: number): void {
    this.#covered ??= new Uint8Array(this.#length)
    this.#covered.fill(1, from, end)
  }

  /** What was added, in order, with stretches that overlap or touch as one. */
  *spans(): Generator<Span> {
    if (this.#covered === null) return
    for (let from = this.#covered.indexOf(1); from >= 0; ) {
      const zero = this.#covered.indexOf(0, from)
      const end = zero < 0 ? this.#length : zero
      yield [from, end]
      from = this.#covered.indexOf(1, end)
    }
  }
}
