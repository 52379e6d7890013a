/** How characters stand for bytes: the bits of each character, and how many bits these are. */
interface Encoding {
  readonly bitsOf: Uint8Array
  readonly bits: 4 | 6
}

/** In the place of bits: the character stands for none. */
const none = 64

function encodingOf(bits: 4 | 6, ...alphabets: readonly string[]): Encoding {
  const bitsOf = new Uint8Array(0x80).fill(none)
  for (const alphabet of alphabets)
    for (const [value, one] of [...alphabet].entries()) bitsOf[one.charCodeAt(0)] = value
  return { bitsOf, bits }
}

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Base64 and base64url, and hexadecimal digits. */
export const encodings: readonly Encoding[] = [
  encodingOf(6, `${lettersAndDigits}+/`, `${lettersAndDigits}-_`),
  encodingOf(4, '0123456789abcdef', '0123456789ABCDEF'),
]

/** Goes through the stretches of a text that may be encoded bytes, and reads these. */
export class EncodedRun {
  readonly #text: string
  readonly #bitsOf: Uint8Array
  readonly #bits: number
  readonly #shortest: number
  #from = 0
  #end = 0
  /** In how many ways a stretch can be read: what it stands for depends on where a byte begins. */
  readonly ways: number

  /** @param bytes how many bytes a stretch must have to count */
  constructor(text: string, { bitsOf, bits }: Encoding, bytes: number) {
    this.#text = text
    this.#bitsOf = bitsOf
    this.#bits = bits
    this.#shortest = Math.ceil((bytes * 8) / bits)
    this.ways = bits === 6 ? 4 : 2
  }

  /** Goes to the next stretch; false if there is none. */
  next(): boolean {
    for (let at = this.#end; at < this.#text.length; at++) {
      const from = at
      while (this.#bitsAt(at) < none) at += 1
      if (at - from < this.#shortest) continue
      this.#from = from
      this.#end = at
      return true
    }
    return false
  }

  /**
   * Puts what the stretch stands for into `units`, with ASCII in lower case, and returns how many bytes that are.
   *
   * @param skip how many characters belong to what comes before, less than `ways`
   */
  decode(skip: number, units: Uint16Array): number {
    const begin = this.#from + skip
    let length = 0
    if (this.#bits === 4)
      for (let at = begin; at < this.#end; at += 2)
        units[length++] = inLowerCase[((this.#bitsAt(at) << 4) | this.#bitsAt(at + 1)) & 0xff] ?? 0
    // Four characters are three bytes; what is after the end counts for nothing.
    else
      for (let at = begin; at < this.#end; at += 4) {
        const bits =
          (this.#bitsAt(at) << 18) |
          (this.#bitsAt(at + 1) << 12) |
          (this.#bitsAt(at + 2) << 6) |
          this.#bitsAt(at + 3)
        units[length] = inLowerCase[(bits >> 16) & 0xff] ?? 0
        units[length + 1] = inLowerCase[(bits >> 8) & 0xff] ?? 0
        units[length + 2] = inLowerCase[bits & 0xff] ?? 0
        length += 3
      }
    return Math.min(length, Math.floor(((this.#end - begin) * this.#bits) / 8))
  }

  /** Where the character is in the text in which a byte begins. */
  placeOf(skip: number, byte: number): number {
    return this.#from + skip + Math.floor((byte * 8) / this.#bits)
  }

  /** Where the last character ends that a byte before another one needs. */
  endOf(skip: number, byte: number): number {
    return Math.min(this.#end, this.#from + skip + Math.ceil((byte * 8) / this.#bits))
  }

  /** What a character stands for; 64 if for nothing, also after the end of the text. */
  #bitsAt(at: number): number {
    return this.#bitsOf[this.#text.charCodeAt(at)] ?? none
  }
}

/** Each byte, with the capitals of ASCII as small letters. */
const inLowerCase = Uint8Array.from({ length: 0x100 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
)
