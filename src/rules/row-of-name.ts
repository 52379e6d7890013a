/**
 * The first row that used a name, such as a login or an id. Only hashes and numbers are kept, twelve bytes for a name,
 * because a run may have a million of them. Two names count as one if all 64 bits of their hashes are equal: among a
 * million names, the odds of any such pair are one in thirty million.
 */
export class RowOfName {
  #high = new Uint32Array(initialRoom)
  #low = new Uint32Array(initialRoom)
  /** 0 where there is no name. */
  #rows = new Uint32Array(initialRoom)
  #count = 0

  /**
   * Keeps the row of a name, unless an earlier call named one.
   *
   * @param row from 1
   */
  set(name: string, row: number): void {
    const [high, low] = hashesOf(name)
    const at = this.#find(high, low)
    if (this.#rows[at] !== 0) return
    this.#put(at, high, low, row)
    if (++this.#count > this.#rows.length * fullest) this.#grow()
  }

  /** The row of a name; null if the name was never set. */
  get(name: string): number | null {
    const [high, low] = hashesOf(name)
    const row = this.#rows[this.#find(high, low)] ?? 0
    return row === 0 ? null : row
  }

  /** The place of a name, or the free place where it would go. */
  #find(high: number, low: number): number {
    const last = this.#rows.length - 1
    let at = low & last
    while (this.#rows[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & last
    return at
  }

  #put(at: number, high: number, low: number, row: number): void {
    this.#high[at] = high
    this.#low[at] = low
    this.#rows[at] = row
  }

  #grow(): void {
    const [high, low, rows] = [this.#high, this.#low, this.#rows]
    const room = rows.length * 2
    this.#high = new Uint32Array(room)
    this.#low = new Uint32Array(room)
    this.#rows = new Uint32Array(room)
    for (const [at, row] of rows.entries()) {
      const [first = 0, second = 0] = [high[at], low[at]]
      if (row !== 0) this.#put(this.#find(first, second), first, second, row)
    }
  }
}

/** A power of two, so that a hash can be cut to a place. */
const initialRoom = 1024
/** How full the table may get. */
const fullest = 0.7

/** Two 32-bit hashes of a text that depend on each other as little as possible. */
function hashesOf(text: string): readonly [number, number] {
  let high = 0x811c9dc5
  let low = 0x9747b28c
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x5bd1e995)
    low ^= low >>> 15
  }
  return [mixed(high), mixed(low)]
}

/** Spreads a hash over all of its bits. */
function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b)
  return (bits ^ (bits >>> 16)) >>> 0
}
