import { Cover } from './cover.ts'
import { EncodedRun, encodings } from './encoded-run.ts'
import { lowerCased, pieceLength, secretPut } from './known-secrets.ts'
import { replaceSpans } from './plain-form.ts'
import { numberOf, TokenPieces } from './token-pieces.ts'

/**
 * How many of the latest tokens are known at least; at most, twice as many are. A run may bring hundreds of thousands:
 * they would take 0.6 kB each, for nothing, since what repeats a token does so soon after Okta gave it.
 */
const generationSize = 10_000

/** Of a longer token, only the beginning is known: Okta's have 20 characters. */
const longestToken = 200

/** Adds a stretch of a text to what must not be shown. */
type Add = (from: number, end: number) => void

/**
 * The activation tokens that answers brought. Masks every piece of one that has at least 8 characters, in any text: as
 * {@link KnownSecrets} does, but a text is decoded, rather than each token encoded, since there may be many
 * tokens and few texts. What that takes does not depend on how many tokens are known.
 */
export class ActivationTokens {
  #latest: TokenPieces | null = null
  #before: TokenPieces | null = null
  /** The length of the shortest token, in characters. */
  #shortest = Infinity

  remember(token: string): void {
    if (token.length < pieceLength) return
    if (this.#latest === null || this.#latest.tokens >= generationSize) {
      this.#before = this.#latest
      this.#latest = new TokenPieces()
    }
    this.#shortest = Math.min(this.#shortest, token.length)
    this.#latest.add(lowerCased(token.slice(0, longestToken)))
  }

  /** A text without the tokens and their pieces. */
  mask(text: string): string {
    if (this.#latest === null) return text
    return replaceSpans(text, secretPut, (plain) => {
      const cover = new Cover(plain.length)
      this.find(plain, lowerCased(plain), pieceLength, (from, end) => cover.add(from, end))
      return cover.spans()
    })
  }

  /**
   * Finds the tokens and their pieces in a text without escapes.
   *
   * @param lower the text in lower case, as {@link lowerCased} makes it
   * @param least the length of the shortest piece that counts, in characters, at least 8; a shorter token counts whole
   */
  find(text: string, lower: string, least: number, add: Add): void {
    const counts = Math.min(least, this.#shortest)
    if (this.#latest === null || text.length < counts) return
    const units = new Uint16Array(lower.length)
    for (let at = 0; at < lower.length; at++) units[at] = lower.charCodeAt(at)
    this.#findIn(units, units.length, counts, add)
    for (const encoding of encodings) {
      const run = new EncodedRun(text, encoding, counts)
      while (run.next())
        for (let skip = 0; skip < run.ways; skip++)
          this.#findIn(units, run.decode(skip, units), counts, (from, end) =>
            add(run.placeOf(skip, from), run.endOf(skip, end)),
          )
    }
  }

  /**
   * Any `least` characters in a row have exactly one piece that begins at a multiple of `least - 7`: only these are
   * looked up, and those around the ones that are known.
   */
  #findIn(units: Uint16Array, length: number, least: number, add: Add): void {
    const stride = least - pieceLength + 1
    let known = 0
    for (let at = stride - 1; at + pieceLength <= length; at += stride) {
      if (!this.#has(units, at)) continue
      let from = at
      while (from > known && this.#has(units, from - 1)) from -= 1
      let last = at
      while (last + 1 + pieceLength <= length && this.#has(units, last + 1)) last += 1
      if (last + pieceLength - from >= least) add(from, last + pieceLength)
      known = last + 1
      at = known
    }
  }

  #has(units: Uint16Array, at: number): boolean {
    const number = numberOf(units, at)
    return this.#latest?.has(units, at, number) === true || this.#before?.has(units, at, number) === true
  }
}
