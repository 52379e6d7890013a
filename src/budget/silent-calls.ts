/** A call counts as silent after this many times the usual time, but never sooner than `soonestMs`. */
const timesUsual = 5
const soonestMs = 1_000
/** Weight of a new answer in the usual time. */
const weight = 0.1

/**
 * The calls under way, and how many of them have been silent for longer than usual.
 *
 * A call that hangs would hold its slot until its time limit: half a minute in which hundreds of calls could be
 * answered. So a call that has been silent for long no longer counts as using a slot. It still counts against the
 * budget.
 */
export class SilentCalls {
  readonly #now: () => number
  /** When each call was sent, the oldest first. */
  readonly #sentAt = new Map<number, number>()
  #next = 0
  #usualMs: number | null = null

  /** @param now milliseconds that only grow, from any origin */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Records that a call has left. Returns its number, for {@link ended}. */
  sent(): number {
    const call = this.#next++
    this.#sentAt.set(call, this.#now())
    return call
  }

  /** Records that a call has ended. Only answered calls show what is usual; calls that we gave up on do not. */
  ended(call: number, byAnswer: boolean): void {
    const sentAt = this.#sentAt.get(call)
    this.#sentAt.delete(call)
    if (sentAt === undefined || !byAnswer) return
    const took = this.#now() - sentAt
    this.#usualMs = this.#usualMs === null ? took : this.#usualMs + weight * (took - this.#usualMs)
  }

  /** The number of calls that have been silent for longer than usual. */
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
