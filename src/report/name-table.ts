import { hashesOf } from '../input/key/text-hashes.ts'

/** Slots of an empty table; a power of two, like every later size. */
const firstSlots = 1024

/**
 * Numbers names from 0, in a few bytes per name whatever its length: only a hash of 53 bits is kept. The probability
 * that two of a million names are taken for one is one in 20,000, so this is for counting and not for deciding.
 */
export class NameTable {
  /** Hashes in their slots; 0 is an empty slot. */
  #hashes = new Float64Array(firstSlots)
  #numbers = new Int32Array(firstSlots)
  #size = 0

  /** The number of a name; the given one if the name is new. */
  numberOf(name: string, whenNew: number): number {
    const hash = hashOf(name)
    const slot = slotOf(this.#hashes, hash)
    if (this.#hashes[slot] === hash) return this.#numbers[slot] ?? whenNew
    this.#hashes[slot] = hash
    this.#numbers[slot] = whenNew
    this.#size++
    if (this.#size * 4 > this.#hashes.length * 3) this.#grow()
    return whenNew
  }

  #grow(): void {
    const [oldHashes, oldNumbers] = [this.#hashes, this.#numbers]
    this.#hashes = new Float64Array(oldHashes.length * 2)
    this.#numbers = new Int32Array(oldHashes.length * 2)
    for (const [index, hash] of oldHashes.entries()) {
      if (hash === 0) continue
      const slot = slotOf(this.#hashes, hash)
      this.#hashes[slot] = hash
      this.#numbers[slot] = oldNumbers[index] ?? 0
    }
  }
}

/** The slot of a hash: the one that holds it, or else the empty one that it belongs in. */
function slotOf(hashes: Float64Array, hash: number): number {
  const mask = hashes.length - 1
  let slot = hash % hashes.length
  while (hashes[slot] !== 0 && hashes[slot] !== hash) slot = (slot + 1) & mask
  return slot
}

/** A whole number from 1 to 2^53 - 1. */
function hashOf(name: string): number {
  const [one, two] = hashesOf(name)
  return (one >>> 11) * 2 ** 32 + two || 1
}
