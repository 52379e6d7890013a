import { hashesOf } from '../input/key/text-hashes.ts'

/** A power of two. */
const partCount = 16

/** Slots of the smallest part, while it is empty. */
const firstSlots = 64

/** By how much a part that is full grows. */
const growth = 1.25

/**
 * Keeps a number for each name, in some twenty bytes whatever its length, because a run may have a million names: only
 * hashes of 64 bits are kept. The probability that two of three million names are taken for one is one in four million.
 *
 * The names are divided among parts that grow one after the other, so that little is held twice while one grows.
 */
export class NameTable {
  readonly #parts = Array.from(
    { length: partCount },
    (_, number) => new Part(Math.ceil(firstSlots * growth ** (number / partCount))),
  )

  /**
   * The number of a name; the given one, which is then kept, if the name is new.
   *
   * @param whenNew from 0 to 2^32 - 2
   */
  numberOf(name: string, whenNew: number): number {
    const [one, two] = hashesOf(name)
    const part = this.#partOf(one)
    const known = part.find(one, two)
    if (known !== null) return known
    part.set(one, two, whenNew)
    return whenNew
  }

  /** Gives a name a number, from 0 to 2^32 - 2, in place of the one that it had. */
  set(name: string, number: number): void {
    const [one, two] = hashesOf(name)
    this.#partOf(one).set(one, two, number)
  }

  /** The number of a name; null if the name has none. */
  find(name: string): number | null {
    const [one, two] = hashesOf(name)
    return this.#partOf(one).find(one, two)
  }

  #partOf(one: number): Part {
    const part = this.#parts[one % partCount]
    if (part === undefined) throw new Error(`There is no part for ${one}.`)
    return part
  }
}

/** The numbers of some names, by the two hashes of each. */
class Part {
  #ones: Uint32Array
  #twos: Uint32Array
  /** The numbers plus 1; 0 is an empty slot. */
  #numbers: Uint32Array
  #size = 0

  constructor(slots: number) {
    this.#ones = new Uint32Array(slots)
    this.#twos = new Uint32Array(slots)
    this.#numbers = new Uint32Array(slots)
  }

  /** Null if there is none. */
  find(one: number, two: number): number | null {
    const known = this.#numbers[this.#slotOf(one, two)] ?? 0
    return known === 0 ? null : known - 1
  }

  set(one: number, two: number, number: number): void {
    const slot = this.#slotOf(one, two)
    const isNew = this.#numbers[slot] === 0
    this.#put(slot, one, two, number + 1)
    if (isNew && ++this.#size * 5 > this.#numbers.length * 4) this.#grow()
  }

  /** The slot that holds the hashes, or else the empty one that they belong in. */
  #slotOf(one: number, two: number): number {
    const slots = this.#numbers.length
    let slot = two % slots
    while (this.#numbers[slot] !== 0 && (this.#twos[slot] !== two || this.#ones[slot] !== one))
      slot = slot + 1 === slots ? 0 : slot + 1
    return slot
  }

  #put(slot: number, one: number, two: number, number: number): void {
    this.#ones[slot] = one
    this.#twos[slot] = two
    this.#numbers[slot] = number
  }

  #grow(): void {
    const [ones, twos, numbers] = [this.#ones, this.#twos, this.#numbers]
    const slots = Math.ceil(numbers.length * growth)
    this.#ones = new Uint32Array(slots)
    this.#twos = new Uint32Array(slots)
    this.#numbers = new Uint32Array(slots)
    for (const [index, number] of numbers.entries()) {
      const [one = 0, two = 0] = [ones[index], twos[index]]
      if (number !== 0) this.#put(this.#slotOf(one, two), one, two, number)
    }
  }
}
