/** Text to 32 bits (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

function mixed(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * All chance of one history, from its seed. Each label has a series of its own: a draw more or less in one place does
 * not change what is drawn in others, so that a history stays nearly the same while it is shrunk.
 */
export class Draws {
  readonly #seed: number
  readonly #series = new Map<string, { readonly hash: number; count: number }>()

  constructor(seed: number) {
    this.#seed = mixed(seed + 0x9e3779b9)
  }

  /** From 0 up to, not including, 1. */
  next(label: string): number {
    let series = this.#series.get(label)
    if (series === undefined) {
      series = { hash: hashOf(label), count: 0 }
      this.#series.set(label, series)
    }
    const count = ++series.count
    return mixed(this.#seed ^ mixed(series.hash + Math.imul(count, 0x9e3779b1))) / 2 ** 32
  }

  chance(label: string, probability: number): boolean {
    return this.next(label) < probability
  }

  /** A whole number of `[low, high]`. */
  int(label: string, low: number, high: number): number {
    return low + Math.floor(this.next(label) * (high - low + 1))
  }

  between(label: string, low: number, high: number): number {
    return low + this.next(label) * (high - low)
  }

  pick<T>(label: string, items: readonly T[]): T {
    const item = items[Math.floor(this.next(label) * items.length)]
    if (item === undefined) throw new Error(`Nothing to pick from for ${label}.`)
    return item
  }
}
