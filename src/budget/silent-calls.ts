/** A call is silent beyond what is usual after so many times the usual time, and never sooner than this. */
const timesUsual = 5
const soonestMs = 1_000
/** Weight of a new answer in what is usual. */
const weight = 0.1

/**
 * The calls that are under way, and how many of them are silent beyond what is usual.
 *
 * A call that hangs holds its slot until its time limit, half a minute in which hundreds could have been answered. So a
 * call that is silent for long no longer counts as using its slot. It still counts against the budget.
 */
export class SilentCalls {
  readonly #now: () => number
  /** When each call left, in the order in which they left. */
  readonly #sentAt = new Map<number, number>()
  #next = 0
  #usualMs: number | null = null

  /** @param now milliseconds that only grow, from any origin */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A call has left. Returns what to give to {@link ended}. */
  sent(): number {
    const call = this.#next++
    this.#sentAt.set(call, this.#now())
    return call
  }

  /** A call has ended. What ended by itself tells what is usual; what we gave up on does not. */
  ended(call: number, byAnswer: boolean): void {
    const sentAt = this.#sentAt.get(call)
    this.#sentAt.delete(call)
    if (sentAt === undefined || !byAnswer) return
    const took = this.#now() - sentAt
    this.#usualMs = this.#usualMs === null ? took : this.#usualMs + weight * (took - this.#usualMs)
  }

  /** Calls that are silent beyond what is usual. */
  get count(): number {
    const before = this.#now() - Math.max(soonestMs, timesUsual * (this.#usualMs ?? 0))
    let silent = 0
    for (const sentAt of this.#sentAt.values()) {
      if (sentAt > before) break
      silent++
    }
    return silent
  }
}
