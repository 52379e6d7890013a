import { encodingsOf, lowerCased } from './known-secrets.ts'
import { isWordy } from './words.ts'

/** The length of the shortest base64 of a secret that is looked for: a shorter one may be in a text by chance. */
const shortestEncoded = 8

/** A shorter secret may be a part of somebody's login by chance, in characters. */
const shortestInLogins = 12

/**
 * Finds secrets that are whole: as they are, in base64, or as hexadecimal digits. Unlike pieces, a whole secret is in no id, no login and no
 * cursor by chance, and it takes little to know one that is used for a single call.
 */
export class WholeSecrets {
  readonly #forms: readonly string[]
  /** Secrets that are short, or made of words and short numbers: they may be all over a text. */
  readonly #words: readonly string[]

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap(withSignature)
    const isCommon = (secret: string): boolean => secret.length < shortestInLogins || isWordy(secret)
    this.#words = all.filter(isCommon).map(lowerCased)
    const forms = all.flatMap((secret) => {
      const encoded = encodingsOf(secret).filter((form) => form !== secret && form.length >= shortestEncoded)
      return isCommon(secret) ? encoded : [secret, ...encoded]
    })
    this.#forms = [...new Set(forms.map(lowerCased))]
  }

  /**
   * Finds the secrets in a text without escapes.
   *
   * @param lower the text in lower case, as {@link lowerCased} makes it
   * @param words whether those count that are short or made of words
   * @param add is called with each stretch; they may overlap
   */
  find(lower: string, words: boolean, add: (from: number, end: number) => void): void {
    for (const form of words ? [...this.#forms, ...this.#words] : this.#forms) {
      for (let at = lower.indexOf(form); at >= 0; at = lower.indexOf(form, at + form.length)) {
        let end = at + form.length
        for (let pads = 0; pads < 2 && lower[end] === '='; pads++) end += 1
        add(at, end)
      }
    }
  }
}

/** Of a JWT, the signature alone is a secret too: without it, nobody accepts the rest. */
function withSignature(secret: string): readonly string[] {
  const signature = signatureOf(secret)
  return signature === null ? [secret] : [secret, signature]
}

/** The signature of a JWT; null if a text is none. */
export function signatureOf(token: string): string | null {
  return /^eyJ[\w-]+\.[\w-]+\.([\w-]{16,})$/.exec(token)?.[1] ?? null
}
