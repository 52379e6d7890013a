import { UserReads } from './user-reads.ts'

/** How long the program goes on without any answer from Okta before it stops. */
export const oktaPatienceMs = 45_000

/** A silence shorter than this is not reported. */
const reportAfterMs = 5_000

/**
 * How long Okta has been silent, over all requests of an execution. Answers of a proxy or a load balancer in Okta's
 * place count as silence.
 *
 * The silence begins when the first request after Okta's last answer leaves, not with that answer: a run that waits a
 * minute for its budget asks nothing meanwhile.
 */
export class OktaPatience {
  readonly #monotonic: () => number
  #askedSince: number | null = null
  #silentSince: number | null = null
  #answers = 0
  #reported = false
  /** Which users could be read, and which not. */
  readonly users: UserReads

  /** @param monotonic milliseconds that only grow, from any origin */
  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
    this.users = new UserReads(monotonic, oktaPatienceMs)
  }

  /** A new patience for one purpose, by the same clock. */
  fresh(): OktaPatience {
    return new OktaPatience(this.#monotonic)
  }

  /** How many answers were Okta's. A change shows that one came meanwhile. */
  get answers(): number {
    return this.#answers
  }

  /** To be called when a request leaves. */
  asked(): void {
    this.#askedSince ??= this.#monotonic()
  }

  /** To be called after an answer that is certainly Okta's, whatever it says. */
  heard(): void {
    this.#answers++
    this.#askedSince = null
    this.#silentSince = null
    this.#reported = false
  }

  /** Whether the silence has lasted long enough to be reported, once. */
  isWorthReporting(silentMs: number): boolean {
    if (this.#reported || silentMs < reportAfterMs) return false
    this.#reported = true
    return true
  }

  /** To be called after a request without an answer from Okta. Returns the length of the silence in ms. */
  failed(): number {
    const now = this.#monotonic()
    this.#silentSince ??= this.#askedSince ?? now
    return now - this.#silentSince
  }
}
