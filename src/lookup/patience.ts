/** How long the program goes on without any answer of Okta's before it stops. */
export const oktaPatienceMs = 45_000

/** A silence shorter than this passes without a word. */
const reportAfterMs = 5_000

/**
 * How long nothing of Okta's has come back, over all requests of an execution. What a proxy or a balancer answers in
 * Okta's place counts as nothing.
 *
 * The silence begins with the first failure after Okta was last heard, not with the last answer: a run that waits a
 * minute for its budget has asked nothing meanwhile.
 */
export class OktaPatience {
  readonly #monotonic: () => number
  #silentSince: number | null = null
  #answers = 0
  #reported = false

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** A patience of its own for one matter, by the same clock. */
  fresh(): OktaPatience {
    return new OktaPatience(this.#monotonic)
  }

  /** How many answers were Okta's: whether one came meanwhile is seen by it. */
  get answers(): number {
    return this.#answers
  }

  /** After an answer that is certainly Okta's, whatever it says. */
  heard(): void {
    this.#answers++
    this.#silentSince = null
    this.#reported = false
  }

  /** Whether the silence has lasted long enough to be reported, once. */
  isWorthReporting(silentMs: number): boolean {
    if (this.#reported || silentMs < reportAfterMs) return false
    this.#reported = true
    return true
  }

  /** After a request that nothing of Okta's came back for. Returns for how many milliseconds that has been so: 0 at first. */
  failed(): number {
    const now = this.#monotonic()
    this.#silentSince ??= now
    return now - this.#silentSince
  }
}
