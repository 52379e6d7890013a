import { Cover } from './cover.ts'
import { EncodedRun, encodings } from './encoded-run.ts'
import { lowerCased, pieceLength, secretPut } from './known-secrets.ts'
import { replaceSpans } from './plain-form.ts'
import { findPieces, TokenPieces, unitsOf } from './token-pieces.ts'

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
  /** The latest ones, and those before. */
  #known: readonly TokenPieces[] = []
  /** The length of the shortest token, in characters. */
  #shortest = Infinity

  remember(token: string): void {
    if (token.length < pieceLength) return
    let [latest] = this.#known
    if (latest === undefined || latest.tokens >= generationSize) {
      const before = latest === undefined ? [] : [latest]
      latest = new TokenPieces()
      this.#known = [latest, ...before]
    }
    this.#shortest = Math.min(this.#shortest, token.length)
    latest.add(lowerCased(token.slice(0, longestToken)))
  }

  /** A text without the tokens and their pieces. */
  mask(text: string): string {
    if (this.#known.length === 0) return text
    return replaceSpans(text, secretPut, (plain) => {
      const cover = new Cover(plain.length)
      this.find(plain, unitsOf(lowerCased(plain)), pieceLength, (from, end) => cover.add(from, end))
      return cover.spans()
    })
  }

  /**
   * Finds the tokens and their pieces in a text without escapes.
   *
   * @param units the text in lower case, as {@link lowerCased} makes it; they are overwritten
   * @param least the length of the shortest piece that counts, in characters, at least 8; a shorter token counts whole
   */
  find(text: string, units: Uint16Array, least: number, add: Add): void {
    const counts = Math.min(least, this.#shortest)
    if (this.#known.length === 0 || text.length < counts) return
    findPieces(this.#known, units, units.length, counts, add)
    for (const encoding of encodings) {
      const run = new EncodedRun(text, encoding, counts)
      while (run.next())
        for (let skip = 0; skip < run.ways; skip++)
          findPieces(this.#known, units, run.decode(skip, units), counts, (from, end) =>
            add(run.placeOf(skip, from), run.endOf(skip, end)),
          )
    }
  }
}
