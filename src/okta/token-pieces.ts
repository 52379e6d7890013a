import { randomInt } from 'node:crypto'
import { pieceLength } from './known-secrets.ts'

/** A number that differs from process to process, so that nobody can make texts whose pieces fall together. */
const seed = randomInt(2 ** 31)

/**
 * All pieces of 8 characters of some tokens. A piece is looked up where it stands in a text, without making a string of
 * it, because a text may be millions of characters long and each of them may begin a piece.
 */
export class TokenPieces {
  /** How many tokens there are. */
  tokens = 0
  /** The tokens, one after another. */
  #units = new Uint16Array(1 << 10)
  #size = 0
  /** For each slot the number of a piece, and one more than its place among the units; 0 for a free one. */
  #slots = new Int32Array(1 << 11)
  #pieces = 0
  /** A bit for each of the numbers that pieces may have: most pieces of other texts need no look at the slots. */
  readonly #marks = new Uint8Array(1 << 17)

  add(token: string): void {
    this.tokens += 1
    const begin = this.#size
    this.#units = withRoom(this.#units, begin + token.length)
    for (let at = 0; at < token.length; at++) this.#units[begin + at] = token.charCodeAt(at)
    this.#size += token.length
    for (let at = begin; at + pieceLength <= this.#size; at++) {
      const number = numberOf(this.#units, at)
      if (this.has(this.#units, at, number)) continue
      this.#pieces += 1
      if (this.#pieces * 4 > this.#slots.length) this.#enlarge()
      put(this.#slots, number, at)
      const mark = markOf(number)
      this.#marks[mark] = (this.#marks[mark] ?? 0) | bitOf(number)
    }
  }

  /**
   * Whether the characters that begin at a place of a text are a piece.
   *
   * @param number what {@link numberOf} gives for the place
   */
  has(units: Uint16Array, at: number, number: number): boolean {
    if (((this.#marks[markOf(number)] ?? 0) & bitOf(number)) === 0) return false
    const slots = this.#slots
    const last = slots.length - 2
    for (let slot = (number << 1) & last; slots[slot + 1] !== 0; slot = (slot + 2) & last)
      if (slots[slot] === number && this.#isAt((slots[slot + 1] ?? 0) - 1, units, at)) return true
    return false
  }

  #isAt(place: number, units: Uint16Array, at: number): boolean {
    for (let index = 0; index < pieceLength; index++)
      if (this.#units[place + index] !== units[at + index]) return false
    return true
  }

  #enlarge(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2)
    for (let slot = 0; slot < before.length; slot += 2) {
      const place = before[slot + 1] ?? 0
      if (place !== 0) put(this.#slots, before[slot] ?? 0, place - 1)
    }
  }
}

/**
 * Finds all stretches of a text that are made of pieces of tokens: each of their characters begins a piece or belongs to
 * the last one. Any `least` characters in a row have exactly one piece that begins at a multiple of `least - 7`, so only
 * these are looked up, and those around the ones that are known.
 *
 * @param units the text in lower case, up to a length
 * @param least the length of the shortest stretch that counts, in characters, at least 8
 * @param add is called with each stretch, in order
 */
export function findPieces(
  known: readonly TokenPieces[],
  units: Uint16Array,
  length: number,
  least: number,
  add: (from: number, end: number) => void,
): void {
  const isPiece = (at: number): boolean => {
    const number = numberOf(units, at)
    for (const pieces of known) if (pieces.has(units, at, number)) return true
    return false
  }
  const stride = least - pieceLength + 1
  let done = 0
  for (let at = stride - 1; at + pieceLength <= length; at += stride) {
    if (!isPiece(at)) continue
    let from = at
    while (from > done && isPiece(from - 1)) from -= 1
    let last = at
    while (last + 1 + pieceLength <= length && isPiece(last + 1)) last += 1
    if (last + pieceLength - from >= least) add(from, last + pieceLength)
    done = last + 1
    at = done
  }
}

/** The units of UTF-16 of a text. */
export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at)
  return units
}

/** A number of 32 bits for the piece that begins at a place. */
function numberOf(units: Uint16Array, at: number): number {
  let number = seed
  for (let index = at; index < at + pieceLength; index++) {
    number = Math.imul(number ^ (units[index] ?? 0), 0x01000193)
    number ^= number >>> 15
  }
  return number
}

function markOf(number: number): number {
  return number >>> 15
}

function bitOf(number: number): number {
  return 1 << ((number >>> 12) & 7)
}

function put(slots: Int32Array, number: number, place: number): void {
  const last = slots.length - 2
  let slot = (number << 1) & last
  while (slots[slot + 1] !== 0) slot = (slot + 2) & last
  slots[slot] = number
  slots[slot + 1] = place + 1
}

/** An array of at least some length that begins with what is in another one: the same if it is long enough. */
function withRoom(units: Uint16Array<ArrayBuffer>, length: number): Uint16Array<ArrayBuffer> {
  if (length <= units.length) return units
  const more = new Uint16Array(Math.max(length, units.length * 2))
  more.set(units)
  return more
}
