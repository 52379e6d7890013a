/** The bounds of the difference between Okta's clock and the monotonic one, in milliseconds. */
interface Span {
  readonly low: number
  readonly high: number
}

/**
 * Okta's clock as seen from here.
 *
 * Okta writes each answer's `Date` (whole seconds) between the sending of the request and the arrival of the answer. So
 * each answer narrows down the difference between Okta's clock and ours, and many together narrow it to far less than a
 * second. The local wall clock is never compared with Okta's times: it may be minutes off.
 */
export class OktaClock {
  readonly #monotonic: () => number
  readonly #fallback: () => number
  #offset: Span | null = null
  #lastStamp = 0
  /** The last timestamp as text, and the millisecond that it shows. */
  #stamp = { at: -1, text: '' }

  /**
   * @param monotonic milliseconds that only grow, from any origin
   * @param fallback epoch milliseconds, used until an answer has carried a `Date`
   */
  constructor(monotonic: () => number = () => performance.now(), fallback: () => number = () => Date.now()) {
    this.#monotonic = monotonic
    this.#fallback = fallback
  }

  /** The current monotonic time, to give to {@link observe} as the time of sending or arrival. */
  mark(): number {
    return this.#monotonic()
  }

  /** Whether an answer has shown Okta's time. Until one has, all times are this machine's. */
  get known(): boolean {
    return this.#offset !== null
  }

  /** How far this machine's clock is behind Okta's, in milliseconds, negative if it is ahead; null if not known. */
  get machineBehindMs(): number | null {
    return this.#offset === null ? null : this.now() - this.#fallback()
  }

  /** Takes in one answer's `Date` header. Ignores anything that is not a date. */
  observe(date: string | undefined, sentAt: number, arrivedAt: number): void {
    const seen = date === undefined ? Number.NaN : Date.parse(date)
    if (Number.isNaN(seen)) return
    const span = { low: seen - arrivedAt, high: seen + 999 - sentAt }
    const known = this.#offset
    const narrowed =
      known === null ? span : { low: Math.max(known.low, span.low), high: Math.min(known.high, span.high) }
    // Contradictory bounds mean that a clock was set: start again with the newest.
    this.#offset = narrowed.low <= narrowed.high ? narrowed : span
  }

  /** Okta's time in epoch milliseconds, best estimate. */
  now(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + (this.#offset.low + this.#offset.high) / 2
  }

  /** {@link now} as RFC 3339 UTC with milliseconds, as results show times. */
  timestamp(): string {
    // The estimate narrows with each answer and may move back by a little: what ended must not seem to end before it began.
    this.#lastStamp = Math.max(this.#lastStamp, Math.trunc(this.now()))
    // A run asks for a timestamp several times per millisecond.
    if (this.#lastStamp !== this.#stamp.at) {
      this.#stamp = { at: this.#lastStamp, text: new Date(this.#lastStamp).toISOString() }
    }
    return this.#stamp.text
  }

  /** The latest that Okta's time can be now, in epoch milliseconds. Nothing that has happened is later. */
  nowAtMost(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + this.#offset.high
  }

  /** The earliest that Okta's time can be now, in epoch milliseconds. A wait for a reset must go by it. */
  nowAtLeast(): number {
    if (this.#offset === null) return this.#fallback()
    return this.#monotonic() + this.#offset.low
  }
}
