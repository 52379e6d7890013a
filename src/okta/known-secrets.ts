import { replaceSpans, type Span, withoutEscapes } from './plain-form.ts'
import { isWordy } from './words.ts'

/** What is put in the place of a secret, or of a piece of one. */
export const secretPut = '[secret]'

/** The length of the shortest piece of a secret that is masked, in characters. */
export const pieceLength = 8

/**
 * Any 8 characters in a row have exactly one pair that begins at a multiple of 7. So only these pairs are looked up in
 * a text, and most texts of people have none of a secret's.
 */
const stride = pieceLength - 1

/**
 * Any text is as likely as another in a key or token, but a password or a path may be made of words that are all over a
 * text: these are left, but where they stand as a credential.
 */
export type WordsIn = 'mask words' | 'leave words'

/**
 * Masks secrets that are known, and every piece of one that has at least 8 characters, in any text: as they are,
 * percent-encoded, with the escapes of JSON or HTML, however many times over, with invisible characters between, and
 * encoded as base64, base64url or hexadecimal digits, alone or as a part of a longer text, with or without padding, in
 * any letter case.
 */
export class KnownSecrets {
  readonly #secrets: readonly string[]
  /** Those that no other text holds. */
  readonly #special: readonly string[]
  /** Those that are made of words, in lower case. */
  readonly #words: readonly string[]
  /** Where words are a secret: `user:WORDS@`, and in the URLs that were given. */
  readonly #credentials: readonly RegExp[]
  readonly #shortest: number
  /** Made only when there is a text to look at. */
  #made: Pieces | null = null

  /** @param urls addresses whose paths are among the secrets, as host, slash and path */
  constructor(secrets: readonly string[], urls: readonly string[] = []) {
    this.#secrets = secrets
    this.#shortest = Math.min(pieceLength, ...secrets.map((secret) => secret.length))
    this.#special = secrets.filter((secret) => !isWordy(secret))
    const words = secrets.filter(isWordy)
    this.#words = words.map(lowerCased)
    this.#credentials = [
      ...words.map((word) => new RegExp(`(:)${escaped(word)}(?=@)`, 'g')),
      ...urls.flatMap((url) => {
        const [, host = '', path = ''] = /^([^/]*)\/(.*)$/s.exec(url) ?? []
        // As JSON may write it, a slash has a backslash before it; a log of requests may have two, and name the port.
        return isWordy(path) || path.length < pieceLength
          ? new RegExp(
              `(${escaped(host)}(?::\\d{1,5})?(?:\\\\*/|%2F){1,3})${path.split('/').map(escaped).join('\\\\*/')}(?![\\w-])`,
              'gi',
            )
          : []
      }),
    ]
  }

  /**
   * A text without the secrets and their pieces.
   *
   * @param words whether secrets and pieces that are made of words and short numbers are masked too
   */
  mask(text: string, words: WordsIn): string {
    if (this.#secrets.length === 0 && this.#credentials.length === 0) return text
    if (text.length < this.#shortest) return text
    const leaves = words === 'leave words'
    let masked = text
    if (leaves) for (const place of this.#credentials) masked = masked.replaceAll(place, `$1${secretPut}`)
    masked = replaceSpans(masked, secretPut, (plain) => this.#find(plain, leaves))
    // What is left is shorter than a piece.
    for (const secret of leaves ? this.#special : this.#secrets) masked = masked.replaceAll(secret, secretPut)
    return masked
  }

  #find(plain: string, leavesWords: boolean): readonly Span[] {
    return this.#pieces(lowerCased(plain)).flatMap(([from, end]): readonly Span[] => {
      if (leavesWords && this.#isOfWords(plain.slice(from, end))) return []
      return [[from, end + (/^={1,2}/.exec(plain.slice(end, end + 2))?.[0].length ?? 0)]]
    })
  }

  #isOfWords(piece: string): boolean {
    return isWordy(piece) || this.#words.some((words) => words.includes(lowerCased(piece)))
  }

  /** The spans of a text that are made of pieces. */
  #pieces(text: string): readonly Span[] {
    this.#made ??= piecesOf(this.#secrets)
    const { pieces, pairs } = this.#made
    const spans: [number, number][] = []
    let end = 0
    for (let at = 0; at + 1 < text.length; at += stride) {
      if (pairs[pairOf(text, at)] === 0) continue
      for (let from = Math.max(at - stride + 1, end); from <= at; from++) {
        if (!pieces.has(text.slice(from, from + pieceLength))) continue
        end = from + 1
        const last = spans.at(-1)
        if (last !== undefined && from <= last[1]) last[1] = from + pieceLength
        else spans.push([from, from + pieceLength])
      }
    }
    return spans
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
  for (const form of secrets.flatMap(partsOf).flatMap(encodingsOf).map(lowerCased)) {
    for (let at = 0; at + pieceLength <= form.length; at++) pieces.add(form.slice(at, at + pieceLength))
    for (let at = 0; at + 1 < form.length; at++) pairs[pairOf(form, at)] = 1
  }
  return { pieces, pairs }
}

/**
 * A text in lower case, of the same length: `İ` is the only letter that would become longer. What the lower case of a
 * Greek sigma is must not depend on what comes after it.
 */
export function lowerCased(text: string): string {
  const lower = (text.includes('İ') ? text.replaceAll('İ', 'i') : text).toLowerCase()
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower
}

/** A text as a regular expression takes it literally. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function pairOf(text: string, at: number): number {
  return ((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff)
}

/** The secret parts of a secret: of a key, not the words around its numbers. */
function partsOf(secret: string): readonly string[] {
  if (!/PRIVATE KEY|^\s*\{/.test(secret)) return [secret]
  return secret.split(/-----[A-Z ]*-----|[\s"'{}:,]+|\\[rn]/).filter((part) => part.length >= 16)
}

/** A secret as it is and as base64 or hexadecimal digits may show it, also with what looks like an escape in it taken for one. */
export function encodingsOf(secret: string): readonly string[] {
  return writingsOf(secret).flatMap(formsOf)
}

/** A secret as it is, and as it looks when what would be an escape in it is taken for one. */
function writingsOf(secret: string): readonly string[] {
  const plain = withoutEscapes(secret)
  return plain === secret ? [secret] : [secret, plain]
}

/**
 * A text as it is, as hexadecimal digits, and as base64 may show it. That depends on how many bytes come before it; the characters at the
 * ends, which depend on what comes before and after it, are left out.
 */
function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  const encoded = [0, 1, 2].map((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const forUrls = encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([text, bytes.toString('hex'), ...encoded, ...forUrls])]
}
