import { hashesOf } from '../input/key/text-hashes.ts'
import { grown } from './grown.ts'

/** Slots of an empty table. */
const firstSlots = 1024

/**
 * Keeps a number for each name, in some twenty bytes whatever its length, because a run may have a million names: only
 * hashes of 64 bits are kept. The probability that two of three million names are taken for one is one in four million.
 */
export class NameTable {
  #ones = new Uint32Array(firstSlots)
  #twos = new Uint32Array(firstSlots)
  /** The numbers plus 1; 0 is an empty slot. */
  #numbers = new Uint32Array(firstSlots)
  #size = 0

  /**
   * The number of a name; the given one, which is then kept, if the name is new.
   *
   * @param whenNew from 0 to 2^32 - 2
   */
  numberOf(name: string, whenNew: number): number {
    const [one, two] = hashesOf(name)
    const slot = this.#slotOf(one, two)
    const known = this.#numbers[slot] ?? 0
    if (known !== 0) return known - 1
    this.#add(slot, one, two, whenNew)
    return whenNew
  }

  /** Gives a name a number, from 0 to 2^32 - 2, in place of the one that it had. */
  set(name: string, number: number): void {
    const [one, two] = hashesOf(name)
    const slot = this.#slotOf(one, two)
    if (this.#numbers[slot] === 0) this.#add(slot, one, two, number)
    else this.#numbers[slot] = number + 1
  }

  /** The number of a name; null if the name has none. */
  find(name: string): number | null {
    const [one, two] = hashesOf(name)
    const known = this.#numbers[this.#slotOf(one, two)] ?? 0
    return known === 0 ? null : known - 1
  }

  /** The slot that holds the hashes, or else the empty one that they belong in. */
  #slotOf(one: number, two: number): number {
    const slots = this.#numbers.length
    let slot = two % slots
    while (this.#numbers[slot] !== 0 && (this.#twos[slot] !== two || this.#ones[slot] !== one))
      slot = slot + 1 === slots ? 0 : slot + 1
    return slot
  }

  #add(slot: number, one: number, two: number, number: number): void {
    this.#put(slot, one, two, number + 1)
    if (++this.#size * 4 > this.#numbers.length * 3) this.#grow()
  }

  #put(slot: number, one: number, two: number, number: number): void {
    this.#ones[slot] = one
    this.#twos[slot] = two
    this.#numbers[slot] = number
  }

  #grow(): void {
    const [ones, twos, numbers] = [this.#ones, this.#twos, this.#numbers]
    const slots = grown(numbers.length)
    this.#ones = new Uint32Array(slots)
    this.#twos = new Uint32Array(slots)
    this.#numbers = new Uint32Array(slots)
    for (const [index, number] of numbers.entries()) {
      const [one = 0, two = 0] = [ones[index], twos[index]]
      if (number !== 0) this.#put(this.#slotOf(one, two), one, two, number)
    }
  }
}
