const free = 0
const removed = -1

/** A 32-bit number that stands for a text: FNV-1a over its UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash
}

/**
 * Finds rows by a key that the rows themselves hold: 8 to 16 bytes a row and no copy of any key, where a `Map` of
 * texts costs ten times that. Several rows may have the same key.
 */
export class HashIndex {
  readonly #keyOf: (row: number) => string | null
  // Each slot: 0 free, -1 removed, otherwise a row's number plus 1. The length is a power of 2.
  #slots: Int32Array
  #taken = 0

  /** `keyOf` gives the key of a row, null for a row without one; `expected` is how many rows will be added. */
  constructor(keyOf: (row: number) => string | null, expected: number) {
    this.#keyOf = keyOf
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, expected * 2))))
  }

  /** Adds a row under the key that it has now; null if the row has none. */
  add(row: number, key: string | null): void {
    if (key === null) return
    if ((this.#taken + 1) * 2 > this.#slots.length) this.#grow()
    this.#put(row, key)
  }

  /** Removes a row, which must still have the key under which it was added. */
  remove(row: number, key: string | null): void {
    if (key === null) return
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = hashOf(key) & mask; slots[slot] !== free; slot = (slot + 1) & mask) {
      if (slots[slot] !== row + 1) continue
      slots[slot] = removed
      return
    }
  }

  /** The first row that has the key, -1 if none has it. */
  first(key: string): number {
    return this.#search(key, -1)
  }

  /** The only row that has the key, -1 if none or several have it. */
  only(key: string): number {
    const row = this.#search(key, -1)
    return row === -1 || this.#search(key, row) !== -1 ? -1 : row
  }

  // The first row that has the key, of those that come after another (-1: of all).
  #search(key: string, after: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let passed = after === -1
    for (let slot = hashOf(key) & mask; slots[slot] !== free; slot = (slot + 1) & mask) {
      const row = (slots[slot] ?? free) - 1
      if (row < 0) continue
      if (passed && this.#keyOf(row) === key) return row
      if (row === after) passed = true
    }
    return -1
  }

  #put(row: number, key: string): void {
    const mask = this.#slots.length - 1
    let slot = hashOf(key) & mask
    while (this.#slots[slot] !== free) slot = (slot + 1) & mask
    this.#slots[slot] = row + 1
    this.#taken += 1
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2)
    this.#taken = 0
    for (const entry of before) {
      const key = entry > 0 ? this.#keyOf(entry - 1) : null
      if (key !== null) this.#put(entry - 1, key)
    }
  }
}
