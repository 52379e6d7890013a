import { isWordy } from './words.ts'

/** What is put in the place of a secret, or of a piece of one. */
export const secretPut = '[secret]'

/** The length of the shortest piece of a secret that is masked, in characters. */
const pieceLength = 8

/**
 * Any 8 characters in a row have exactly one pair that begins at a multiple of 7. So only these pairs are looked up in
 * a text, and most texts of people have none of a secret's.
 */
const stride = pieceLength - 1

/** Any text is as likely as another in a key or token, but a password may be made of words that are all over a text. */
export type WordsIn = 'mask words' | 'leave words'

/**
 * Masks secrets that are known, and every piece of one that has at least 8 characters, in any text: as they are,
 * percent-encoded, with the escapes of JSON or HTML, however many times over, with invisible characters between, and
 * encoded as base64 or base64url, alone or as a part of a longer text, with or without padding, in any letter case.
 */
export class KnownSecrets {
  readonly #secrets: readonly string[]
  /** Made only when there is a text to look at. */
  #made: Pieces | null = null

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets
  }

  /**
   * A text without the secrets and their pieces.
   *
   * @param words whether pieces that are made of words and short numbers are masked too
   */
  mask(text: string, words: WordsIn): string {
    if (this.#secrets.length === 0) return text
    const kept = words === 'leave words'
    // Only a word with such a character can hold more than it shows. White space that is invisible is a part of it. An
    // escape is masked whole, or what is left would not be JSON any more.
    let masked = escapes.test(text)
      ? text.replaceAll(/[^ \t\r\n"<>]+/g, (word) =>
          escapes.test(word) ? this.#maskSpans(word, decoded(word), kept) : word,
        )
      : text
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, secretPut)
    return this.#maskSpans(masked, { plain: masked, places: null }, kept)
  }

  /** Masks the pieces that are found in the plain form of a text. */
  #maskSpans(text: string, { plain, places }: PlainForm, keepsWords: boolean): string {
    let masked = ''
    let done = 0
    for (const [from, end] of this.#find(lowerCased(plain))) {
      if (keepsWords && isWordy(plain.slice(from, end))) continue
      const padded = end + (/^={1,2}/.exec(plain.slice(end, end + 2))?.[0].length ?? 0)
      masked += text.slice(done, places?.[from]?.start ?? from) + secretPut
      done = places?.[padded - 1]?.end ?? padded
    }
    return masked + text.slice(done)
  }

  /** The spans of a text that are made of pieces. */
  *#find(text: string): Generator<readonly [from: number, end: number]> {
    this.#made ??= piecesOf(this.#secrets)
    const { pieces, pairs } = this.#made
    let end = 0
    let open: [number, number] | null = null
    for (let at = 0; at + 1 < text.length; at += stride) {
      if (pairs[pairOf(text, at)] === 0) continue
      for (let from = Math.max(at - stride + 1, end); from <= at; from++) {
        if (!pieces.has(text.slice(from, from + pieceLength))) continue
        end = from + 1
        if (open !== null && from <= open[1]) open[1] = from + pieceLength
        else {
          if (open !== null) yield open
          open = [from, from + pieceLength]
        }
      }
    }
    if (open !== null) yield open
  }
}

interface Pieces {
  /** All pieces in all encodings, in lower case. */
  readonly pieces: ReadonlySet<string>
  /** For each hash of two characters, whether some piece may have these two next to each other. */
  readonly pairs: Uint8Array
}

function piecesOf(secrets: readonly string[]): Pieces {
  const pieces = new Set<string>()
  const pairs = new Uint8Array(1 << 16)
  for (const form of secrets.flatMap(partsOf).flatMap(formsOf).map(lowerCased)) {
    for (let at = 0; at + pieceLength <= form.length; at++) pieces.add(form.slice(at, at + pieceLength))
    for (let at = 0; at + 1 < form.length; at++) pairs[pairOf(form, at)] = 1
  }
  return { pieces, pairs }
}

/** A text in lower case, unless that changes its length. */
function lowerCased(text: string): string {
  const lower = text.toLowerCase()
  return lower.length === text.length ? lower : text
}

function pairOf(text: string, at: number): number {
  return ((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff)
}

/** The secret parts of a secret: of a key, not the words around its numbers. */
function partsOf(secret: string): readonly string[] {
  if (!/PRIVATE KEY|^\s*\{/.test(secret)) return [secret]
  return secret.split(/-----[A-Z ]*-----|[\s"'{}:,]+|\\[rn]/).filter((part) => part.length >= 16)
}

/**
 * A text as it is, and as base64 may show it. That depends on how many bytes come before it; the characters at the
 * ends, which depend on what comes before and after it, are left out.
 */
function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  const encoded = [0, 1, 2].map((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const forUrls = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([text, ...encoded, ...forUrls])]
}

/** A text without escapes and invisible characters. */
interface PlainForm {
  readonly plain: string
  /** Where each character of the plain form is in the text; null if the text is plain. */
  readonly places: readonly { readonly start: number; readonly end: number }[] | null
}

/** What makes a text more than it looks like: escapes, and characters that are not shown. */
const escapes = /[%\\&\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|(?!\s)\p{Cc}/u

const units =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Zl}\p{Zp}]|(?!\s)\p{Cc}|\\+u00([0-9a-f]{2})|%(?:25)*([0-9a-f]{2})|&#(?:0*(\d{1,3})|x0*([0-9a-f]{1,2}));|\\*([^\\])|\\+$/giu

function decoded(text: string): PlainForm {
  let plain = ''
  const places: { start: number; end: number }[] = []
  for (const { index, 0: whole, 1: json, 2: percent, 3: decimal, 4: hex, 5: other } of text.matchAll(units)) {
    const code = json ?? percent ?? hex
    const character =
      code !== undefined
        ? String.fromCharCode(Number.parseInt(code, 16))
        : decimal !== undefined
          ? String.fromCharCode(Number(decimal))
          : (other ?? '')
    for (const unit of character.split('')) {
      plain += unit
      places.push({ start: index, end: index + whole.length })
    }
  }
  return { plain, places }
}
