/** A span in which a time must lie, in epoch milliseconds. */
interface Span {
  readonly low: number
  readonly high: number
}

/**
 * Okta's clock as seen from here.
 *
 * Each answer's `Date` (whole seconds) was written between the sending of its request and the arrival of the answer,
 * so it bounds the difference between Okta's clock and ours; the bounds of many answers together are far narrower
 * than a second. The local wall clock is never compared with Okta's times: it may be minutes off.
 */
export class OktaClock {
  readonly #monotonic: () => number
  readonly #fallback: () => number
  #offset: Span | null = null

  /**
   * @param monotonic milliseconds that only grow, from any origin
   * @param fallback epoch milliseconds, used until an answer has carried a `Date`
   */
  constructor(monotonic: () => number = () => performance.now(), fallback: () => number = () => Date.now()) {
    this.#monotonic = monotonic
    this.#fallback = fallback
  }

  /** The moment to hand to {@link observe} as the time of sending or arrival. */
  mark(): number {
    return this.#monotonic()
  }

  /** Takes in one answer's `Date` header; anything that is no date is passed over. */
  observe(date: string | undefined, sentAt: number, arrivedAt: number): void {
    const seen = date === undefined ? Number.NaN : Date.parse(date)
    if (Number.isNaN(seen)) return
    const span = { low: seen - arrivedAt, high: seen + 999 - sentAt }
    const known = this.#offset
    const narrowed =
      known === null ? span : { low: Math.max(known.low, span.low), high: Math.min(known.high, span.high) }
    // Bounds that contradict each other mean that a clock was set: begin again with the newest.
    this.#offset = narrowed.low <= narrowed.high ? narrowed : span
  }

  /** Okta's time in epoch milliseconds, best estimate. */
  now(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + (this.#offset.low + this.#offset.high) / 2
  }

  /** {@link now} as RFC 3339 UTC with milliseconds, as results show times. */
  timestamp(): string {
    return new Date(this.now()).toISOString()
  }

  /** Okta's time is at most this, in epoch milliseconds: by when something has surely happened. */
  nowAtMost(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + this.#offset.high
  }

  /** Okta's time is at least this, in epoch milliseconds: what a wait for a reset must go by. */
  nowAtLeast(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + this.#offset.low
  }
}
