/** The bounds of the difference between Okta's clock and the monotonic one, in milliseconds. */
interface Span {
  readonly low: number
  readonly high: number
}

/**
 * From here on, in ms, the wall clock that runs ahead of the monotonic one has leapt. Corrections of time are smaller. One
 * that set the clock back hides as much of a sleep, so a sleep of less than twice this length may pass unnoticed.
 */
const leapFromMs = 1_000

/**
 * The second that a reset names may be this long ago when an answer shows it, in ms, because the counter lags behind Okta's
 * clock; and a window is this long. An answer's `Date` tells far more. These bounds are for answers without one.
 */
const counterLagMs = 15_000
const windowMs = 60_000
/** No reset is earlier, in epoch seconds: a smaller number is no time, but perhaps seconds to wait. */
const earliestReset = 1_500_000_000

/**
 * Okta's clock as seen from here.
 *
 * Okta writes each answer's `Date` (whole seconds) between the sending of the request and the arrival of the answer. So
 * each answer narrows down the difference between Okta's clock and ours, and many together narrow it to far less than a
 * second. The local wall clock is never compared with Okta's times: it may be minutes off. Where something on the way
 * removes `Date`, the reset of a rate limit shows the time to a minute, and each new window narrows that down.
 *
 * Until an answer has shown Okta's time, nobody knows it. The times below are then this machine's: good for waiting, as its
 * clock can be set meanwhile without moving them, but nothing may be judged by them.
 *
 * The monotonic clock of many systems stands still while the machine sleeps, and that of a virtual machine while its
 * host has stopped it. Then the wall clock leaps ahead of it, which it also does when somebody sets it forward. Which of
 * the two it was, only Okta's next answer shows. Until then Okta's time is anywhere in the leap, and the clock is
 * not `sure`:
 *
 * 1. Okta's true time is never before {@link nowAtLeast} and never after {@link nowAtMost}, also after a leap.
 * 2. An answer to a call that left before a leap says nothing of the time after it.
 */
export class OktaClock {
  readonly #monotonic: () => number
  readonly #fallback: () => number
  /** The wall clock's lead on the monotonic one at the beginning: this machine's time until Okta's is known. */
  readonly #beginning: number
  #offset: Span | null = null
  /** Whether a `Date` has shown Okta's time. */
  #dated = false
  /** How much later Okta's time was than this machine's when it was first shown, in ms. */
  #correctionMs: number | null = null
  /** How far the wall clock was ahead of the monotonic one when it was last compared for good, in ms. */
  #ahead: number
  /** How far the wall clock has leapt since the last answer that showed Okta's time, in ms; 0 if it has not. */
  #leapMs = 0
  /** How much more of the sleeps behind these leaps a correction may have hidden, in ms. */
  #hiddenMs = 0
  /** When the last leap was seen, by the monotonic clock. */
  #leapSeenAt = Number.NEGATIVE_INFINITY
  #lastStamp = 0
  /** The last timestamp as text, and the millisecond that it shows. */
  #stamp = { at: -1, text: '' }

  /**
   * @param monotonic milliseconds that only grow, from any origin
   * @param fallback the machine's wall clock in epoch milliseconds: where times begin until Okta's is known
   */
  constructor(monotonic: () => number = () => performance.now(), fallback: () => number = () => Date.now()) {
    this.#monotonic = monotonic
    this.#fallback = fallback
    this.#ahead = fallback() - monotonic()
    this.#beginning = this.#ahead
  }

  /** The current monotonic time, to give to {@link observe} as the time of sending or arrival. */
  mark(): number {
    return this.#read()
  }

  /** Whether an answer has shown Okta's time. Until one has, all times are this machine's. */
  get known(): boolean {
    return this.#offset !== null
  }

  /**
   * Whether the times below are as good as they can be. They are not after a leap of the wall clock, until an answer has
   * shown what it was: what is dated meanwhile is not dated well enough to be judged by.
   */
  get sure(): boolean {
    this.#read()
    return this.#leapMs === 0
  }

  /** Whether a `Date` has shown Okta's time, and not only the reset of a rate limit. */
  get dated(): boolean {
    return this.#dated
  }

  /** How far this machine's clock is behind Okta's, in milliseconds, negative if it is ahead; null if no `Date` has shown it. */
  get machineBehindMs(): number | null {
    return this.#dated ? this.now() - this.#fallback() : null
  }

  /**
   * By how much {@link nowAtLeast} moved when Okta's time was first shown, in ms: what was dated before belongs so much
   * later. Null until then.
   */
  get correctionMs(): number | null {
    return this.#correctionMs
  }

  /** Takes in one answer's `Date` header. Ignores anything that is not a date. */
  observe(date: string | undefined, sentAt: number, arrivedAt: number): void {
    const seen = date === undefined ? Number.NaN : Date.parse(date)
    if (Number.isNaN(seen)) return
    const monotonic = this.#read()
    // A call that was marked as the leap was seen left after it.
    if (sentAt < this.#leapSeenAt) return
    this.#take({ low: seen - arrivedAt, high: seen + 999 - sentAt }, monotonic)
    this.#dated = true
  }

  /**
   * Takes in the reset of a rate limit of Okta's whose answer has no `Date`. As long as no `Date` has shown Okta's time, it
   * does so to about a minute.
   *
   * @param reset epoch seconds
   */
  observeReset(reset: number, sentAt: number, arrivedAt: number): void {
    if (this.#dated || reset < earliestReset) return
    const monotonic = this.#read()
    if (sentAt < this.#leapSeenAt) return
    const at = reset * 1000
    this.#take({ low: at - windowMs - arrivedAt, high: at + 999 + counterLagMs - sentAt }, monotonic)
  }

  #take(span: Span, monotonic: number): void {
    const known = this.#offset
    const narrowed =
      known === null || this.#leapMs > 0
        ? span
        : { low: Math.max(known.low, span.low), high: Math.min(known.high, span.high) }
    // Contradictory bounds mean that a clock was set: start again with the newest.
    this.#offset = narrowed.low <= narrowed.high ? narrowed : span
    this.#correctionMs ??= this.#offset.low - this.#beginning
    this.#ahead = this.#fallback() - monotonic
    this.#leapMs = 0
    this.#hiddenMs = 0
  }

  /** Okta's time in epoch milliseconds, best estimate. A leap is taken for a sleep. */
  now(): number {
    if (this.#offset === null) return this.#read() + this.#beginning
    return this.#read() + (this.#offset.low + this.#offset.high) / 2 + this.#leapMs
  }

  /** {@link now} as RFC 3339 UTC with milliseconds, as results show times. */
  timestamp(): string {
    // The estimate narrows with each answer and may move back by a little: what ended must not seem to end before it began.
    // For the same reason a leap, which may be none of Okta's time, is left out.
    this.#lastStamp = Math.max(this.#lastStamp, Math.trunc(this.now() - this.#leapMs))
    // A run asks for a timestamp several times per millisecond.
    if (this.#lastStamp !== this.#stamp.at) {
      this.#stamp = { at: this.#lastStamp, text: new Date(this.#lastStamp).toISOString() }
    }
    return this.#stamp.text
  }

  /**
   * The time by which to remember that a request leaves now, in epoch milliseconds. Without a `Date`, an estimate may be a
   * minute too early, and the request be forgotten too early.
   */
  leaving(): number {
    return Math.round(this.#dated ? this.now() : this.nowAtMost())
  }

  /** The latest that Okta's time can be now, in epoch milliseconds. Nothing that has happened is later. */
  nowAtMost(): number {
    if (this.#offset === null) return this.#read() + this.#beginning
    return this.#read() + this.#offset.high + this.#leapMs + this.#hiddenMs
  }

  /** The earliest that Okta's time can be now, in epoch milliseconds. A wait for a reset must go by it. */
  nowAtLeast(): number {
    if (this.#offset === null) return this.#read() + this.#beginning
    return this.#read() + this.#offset.low
  }

  /** The monotonic clock, with a look at whether the wall clock has leapt ahead of it. */
  #read(): number {
    const monotonic = this.#monotonic()
    const ahead = this.#fallback() - monotonic
    const leap = ahead - this.#ahead
    if (leap >= leapFromMs) {
      // Before the first answer nothing is known that a leap could change.
      if (this.#offset !== null) {
        this.#leapMs += leap
        this.#hiddenMs += leapFromMs
      }
      this.#leapSeenAt = monotonic
    }
    // A wall clock that was set back leaps from there.
    if (leap >= leapFromMs || leap <= -leapFromMs) this.#ahead = ahead
    return monotonic
  }
}
