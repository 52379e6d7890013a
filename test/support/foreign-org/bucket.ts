/** The counters that the program's calls fall into. */
export type BucketName = 'lifecycle' | 'read' | 'me' | 'group' | 'other'

/** Requests a window in each counter, and the window's length in whole seconds. */
export interface RateLimit {
  readonly lifecycle: number
  readonly read: number
  readonly windowSeconds: number
}

/** One counter's fixed window. */
export interface Window {
  readonly used: number
  /** Epoch seconds by the org's clock. */
  readonly reset: number
}

/** What a request got: whether it may pass, and the window as the headers then show it. */
export interface Taken {
  readonly allowed: boolean
  readonly window: Window
  readonly limit: number
}

/**
 * Takes one request out of a window at `now`, in milliseconds by the org's clock.
 * A window opens at its first request and is still the old one during the second that its reset names; a refused
 * request does not count.
 */
export function take(window: Window | null, limit: number, windowSeconds: number, now: number): Taken {
  const second = Math.floor(now / 1000)
  const open = window !== null && second <= window.reset ? window : { used: 0, reset: second + windowSeconds }
  if (open.used >= limit) return { allowed: false, window: open, limit }
  return { allowed: true, window: { used: open.used + 1, reset: open.reset }, limit }
}

/** Okta's three headers, in lower case as they come today. */
export function rateHeaders(taken: Taken): Record<string, string> {
  return {
    'x-rate-limit-limit': String(taken.limit),
    'x-rate-limit-remaining': String(taken.limit - taken.window.used),
    'x-rate-limit-reset': String(taken.window.reset),
  }
}

/** The headers of a refusal by the concurrency limit: zeros, and a reset that is of no use, 113 s ahead. */
export function concurrencyHeaders(now: number): Record<string, string> {
  return {
    'x-rate-limit-limit': '0',
    'x-rate-limit-remaining': '0',
    'x-rate-limit-reset': String(Math.floor(now / 1000) + 113),
  }
}
