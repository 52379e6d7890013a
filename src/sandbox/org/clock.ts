/** One second of the org's clock, in the forms that answers need. Okta's times have no fraction of a second. */
export interface Instant {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly second: number
  /** As in a user's times: `2026-01-02T03:04:05.000Z`. */
  readonly iso: string
  /** As in the `Date` header: `Fri, 02 Jan 2026 03:04:05 GMT`. */
  readonly httpDate: string
}

/** Describes the second in which a moment lies. `milliseconds` counts from 1970-01-01T00:00:00Z. */
export function instantOf(milliseconds: number): Instant {
  const second = Math.floor(milliseconds / 1000)
  const date = new Date(second * 1000)
  return { second, iso: date.toISOString(), httpDate: date.toUTCString() }
}

/** The second in which a moment lies, as in a user's times. `milliseconds` counts from 1970-01-01T00:00:00Z. */
export function isoTime(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString()
}

/** The org's clock, which may be ahead of this machine's (a positive skew) or behind it. */
export class OrgClock {
  readonly #now: () => number
  readonly #skewMilliseconds: number
  #instant: Instant = instantOf(0)

  /** `now` gives milliseconds since 1970 as `Date.now` does; `skewSeconds` is added to it. */
  constructor(now: () => number, skewSeconds: number) {
    this.#now = now
    this.#skewMilliseconds = skewSeconds * 1000
  }

  /** Milliseconds since 1970-01-01T00:00:00Z by the org's clock. */
  milliseconds(): number {
    return this.#now() + this.#skewMilliseconds
  }

  /** The current second. Its texts are made once a second, not once a request. */
  instant(): Instant {
    const milliseconds = this.milliseconds()
    if (Math.floor(milliseconds / 1000) !== this.#instant.second) this.#instant = instantOf(milliseconds)
    return this.#instant
  }
}
