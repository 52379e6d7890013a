import { encodingsOf, lowerCased } from './known-secrets.ts'
import { findPieces, TokenPieces } from './token-pieces.ts'
import { signatureOf } from './whole-secrets.ts'
import { isWordy } from './words.ts'

/** The length of the shortest piece that is looked for, in characters: lines of base64 are longer. */
const longPiece = 16

/**
 * Finds long pieces of secrets that are the same from call to call, such as those that line feeds in their base64 leave,
 * where shorter ones may be in ids and logins by chance. Of a JWT that is not encoded once more, only its signature
 * counts: a cursor may begin as its other parts do.
 */
export class LongPieces {
  readonly #pieces = new TokenPieces()

  /**
   * @param tokens drawn secrets
   * @param passwords these may be made of words, so only their encodings count
   */
  constructor(tokens: readonly string[], passwords: readonly string[]) {
    for (const secret of [...tokens, ...passwords].filter((one) => !isWordy(one)))
      for (const form of encodingsOf(secret)) if (form !== secret) this.#pieces.add(lowerCased(form))
    for (const token of tokens)
      if (!isWordy(token))
        this.#pieces.add(lowerCased(token.startsWith('eyJ') ? (signatureOf(token) ?? '') : token))
  }

  /** @param units a text without escapes, in lower case as {@link lowerCased} makes it */
  find(units: Uint16Array, add: (from: number, end: number) => void): void {
    if (this.#pieces.tokens > 0) findPieces([this.#pieces], units, units.length, longPiece, add)
  }
}
