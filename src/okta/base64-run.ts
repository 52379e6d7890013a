/** Goes through the stretches of a text that may be base64 or base64url, and reads what they stand for. */
export class Base64Run {
  readonly #text: string
  readonly #shortest: number
  #from = 0
  #end = 0

  /** @param shortest the length of the shortest stretch that counts, in characters */
  constructor(text: string, shortest: number) {
    this.#text = text
    this.#shortest = shortest
  }

  /** Goes to the next stretch; false if there is none. */
  next(): boolean {
    const text = this.#text
    for (let at = this.#end; at < text.length; at++) {
      const from = at
      while (sixBits(text.charCodeAt(at)) < noSixBits) at += 1
      if (at - from < this.#shortest) continue
      this.#from = from
      this.#end = at
      return true
    }
    return false
  }

  /**
   * Puts what the stretch stands for into `units`, with ASCII in lower case, and returns how many bytes that are. That
   * depends on how many of its characters belong to what comes before.
   *
   * @param skip how many characters are left out, 0 to 3
   */
  decode(skip: number, units: Uint16Array): number {
    const text = this.#text
    const end = this.#end
    let length = 0
    // Four characters are three bytes; what is after the end counts for nothing.
    for (let at = this.#from + skip; at < end; at += 4) {
      const bits =
        (sixBits(text.charCodeAt(at)) << 18) |
        (sixBits(text.charCodeAt(at + 1)) << 12) |
        (sixBits(text.charCodeAt(at + 2)) << 6) |
        sixBits(text.charCodeAt(at + 3))
      units[length] = inLowerCase[(bits >> 16) & 0xff] ?? 0
      units[length + 1] = inLowerCase[(bits >> 8) & 0xff] ?? 0
      units[length + 2] = inLowerCase[bits & 0xff] ?? 0
      length += 3
    }
    return Math.min(length, Math.floor(((end - this.#from - skip) * 6) / 8))
  }

  /** Where the character is in the text in which a byte begins. */
  placeOf(skip: number, byte: number): number {
    return this.#from + skip + Math.floor((byte * 4) / 3)
  }

  /** Where the last character ends that a byte before another one needs. */
  endOf(skip: number, byte: number): number {
    return Math.min(this.#end, this.#from + skip + Math.ceil((byte * 4) / 3))
  }
}

const noSixBits = 64
const sixBitsOf = new Uint8Array(0x80).fill(noSixBits)
for (const alphabet of ['+/', '-_'])
  for (const [bits, one] of [
    ...`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${alphabet}`,
  ].entries())
    sixBitsOf[one.charCodeAt(0)] = bits

/** Each byte, with the capitals of ASCII as small letters. */
const inLowerCase = Uint8Array.from({ length: 0x100 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
)

/** What a character of base64 or base64url stands for; 64 for any other, also after the end of the text. */
function sixBits(unit: number): number {
  return sixBitsOf[unit] ?? noSixBits
}
