import { lowerCased, pieceLength, secretPut } from './known-secrets.ts'
import { joined, replaceSpans, type Span } from './plain-form.ts'

/**
 * How many of the latest tokens are known at least; at most, twice as many are. A run may bring hundreds of thousands:
 * they would take 0.6 kB each, for nothing, since what repeats a token does so soon after Okta gave it.
 */
const generationSize = 10_000

/** Of a longer token, only the beginning is known: Okta's have 20 characters. */
const longestToken = 200

/** A power of two, eight times as many as a generation of tokens of the usual length has pieces. */
const marks = 1 << 20

/**
 * The activation tokens that answers brought. Masks every piece of one that has at least 8 characters, in any text: as
 * {@link KnownSecrets} does, but a text is decoded from base64, rather than each token encoded, since there may be many
 * tokens and few texts.
 */
export class ActivationTokens {
  #latest: Generation | null = null
  #before: Generation | null = null
  /** The length of the shortest token, in characters. */
  #shortest = Infinity

  remember(token: string): void {
    if (token.length < pieceLength) return
    if (this.#latest === null || this.#latest.tokens >= generationSize) {
      this.#before = this.#latest
      this.#latest = new Generation()
    }
    this.#shortest = Math.min(this.#shortest, token.length)
    this.#latest.add(lowerCased(token.slice(0, longestToken)))
  }

  /** A text without the tokens and their pieces. */
  mask(text: string): string {
    return replaceSpans(text, secretPut, (plain) => this.find(plain))
  }

  /**
   * Where the tokens and their pieces are in a text without escapes.
   *
   * @param least the length of the shortest piece that counts, in characters, at least 8
   */
  find(text: string, least: number = pieceLength): readonly Span[] {
    if (this.#latest === null || text.length < pieceLength) return []
    const spans: Span[] = []
    this.#addLiteral(text, (at) => spans.push([at, at + pieceLength]))
    this.#addEncoded(text, spans)
    const all = joined(spans)
    const counts = Math.min(least, this.#shortest)
    return counts <= pieceLength ? all : all.filter(([from, end]) => end - from >= counts)
  }

  #addLiteral(text: string, add: (at: number) => void): void {
    const lower = lowerCased(text)
    for (let at = 0; at + pieceLength <= lower.length; at++) {
      const mark = markOf(lower, at)
      if (this.#latest?.has(lower, at, mark) === true || this.#before?.has(lower, at, mark) === true) add(at)
    }
  }

  /** What base64 stands for depends on how many characters come before it, so it is decoded in each of four ways. */
  #addEncoded(text: string, spans: Span[]): void {
    let bytes = new Uint8Array(256)
    for (let from = 0; from < text.length; from++) {
      let end = from
      while (sixBits(text.charCodeAt(end)) < noSixBits) end += 1
      if (end - from > bytes.length) bytes = new Uint8Array((end - from) * 2)
      for (let begin = from; begin < from + 4 && end - begin >= shortestEncoded; begin++)
        this.#addDecoded(bytes, decode(text, begin, end, bytes), (at) =>
          spans.push([
            begin + Math.floor((at * 4) / 3),
            Math.min(end, begin + Math.ceil(((at + pieceLength) * 4) / 3)),
          ]),
        )
      from = end
    }
  }

  #addDecoded(bytes: Uint8Array, length: number, add: (at: number) => void): void {
    for (let at = 0; at + pieceLength <= length; at++) {
      const mark = markOfUnits(bytes[at], bytes[at + 2], bytes[at + 5], bytes[at + 7])
      if (this.#latest?.mayHave(mark) !== true && this.#before?.mayHave(mark) !== true) continue
      const piece = String.fromCharCode(...bytes.subarray(at, at + pieceLength))
      if (this.#latest?.has(piece, 0, mark) === true || this.#before?.has(piece, 0, mark) === true) add(at)
    }
  }
}

/** Eight characters take eleven in base64. */
const shortestEncoded = 11

const noSixBits = 64
const sixBitsOf = new Uint8Array(128).fill(noSixBits)
for (const alphabet of ['+/', '-_'])
  for (const [bits, one] of [
    ...`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${alphabet}`,
  ].entries())
    sixBitsOf[one.charCodeAt(0)] = bits

/** What a character of base64 or base64url stands for; 64 for any other. */
function sixBits(unit: number): number {
  return sixBitsOf[unit] ?? noSixBits
}

/** Puts what base64 stands for into `bytes`, with ASCII in lower case. Returns how many bytes that are. */
function decode(text: string, begin: number, end: number, bytes: Uint8Array): number {
  let length = 0
  let bits = 0
  let number = 0
  for (let at = begin; at < end; at++) {
    bits = ((bits << 6) | sixBits(text.charCodeAt(at))) & 0xffff
    number += 6
    if (number < 8) continue
    number -= 8
    const byte = (bits >> number) & 0xff
    bytes[length++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }
  return length
}

/** Some tokens that came after one another, as their pieces. */
class Generation {
  tokens = 0
  readonly #pieces = new Set<string>()
  /** Whether some piece has a mark: most places of a text have none, and need no look at the pieces. */
  readonly #marked = new Uint8Array(marks)

  add(token: string): void {
    this.tokens += 1
    for (let at = 0; at + pieceLength <= token.length; at++) {
      this.#pieces.add(token.slice(at, at + pieceLength))
      this.#marked[markOf(token, at)] = 1
    }
  }

  mayHave(mark: number): boolean {
    return this.#marked[mark] === 1
  }

  has(text: string, at: number, mark: number): boolean {
    return this.#marked[mark] === 1 && this.#pieces.has(text.slice(at, at + pieceLength))
  }
}

/** A number below `marks` that depends on four of the characters of a piece. */
function markOf(text: string, at: number): number {
  return markOfUnits(
    text.charCodeAt(at),
    text.charCodeAt(at + 2),
    text.charCodeAt(at + 5),
    text.charCodeAt(at + 7),
  )
}

function markOfUnits(first = 0, third = 0, sixth = 0, eighth = 0): number {
  return (((first * 31 + third) * 31 + sixth) * 31 + eighth) & (marks - 1)
}
