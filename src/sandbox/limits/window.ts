import type { RateLimitRules } from './buckets.ts'

/** One counter's open window. */
export interface Window {
  /** The last second, since 1970, that still belongs to the window. */
  readonly reset: number
  /** Requests counted in it. */
  readonly used: number
}

/** The two counters that each request counts in, null if no window was ever open. */
export interface Counters {
  readonly client: Window | null
  readonly org: Window | null
}

/** What the rate-limit headers of an answer say, and whether the request is refused. */
export interface Verdict {
  /** The client's cap, not the org's limit; 0 for a refusal by the limit on concurrency. */
  readonly limit: number
  readonly remaining: number
  /** Seconds since 1970, by the org's clock. */
  readonly reset: number
  readonly refused: boolean
}

/** The number of requests that one client may make in a window of a bucket with this limit; at least 1. */
export function clientCap(limit: number, percent: number): number {
  return Math.max(1, Math.floor((limit * percent) / 100))
}

/**
 * The window in which a request at this second falls. Windows are fixed: one opens with its first request, and the
 * second that `reset` names is still part of it.
 * Source: recorded traffic, where an answer may come in the very second of its reset.
 */
export function windowAt(window: Window | null, second: number, windowSeconds: number): Window {
  return window !== null && second <= window.reset ? window : { reset: second + windowSeconds, used: 0 }
}

/**
 * Counts one request at this second, against the client's cap first and the org's limit within it.
 * A refusal by the org's limit shows the client's own `remaining`, which may be above 0, with the reset of the org's
 * window, after which the client may go on. A refused request leaves both counters as they are.
 */
export function admit(
  counters: Counters,
  limit: number,
  rules: Pick<RateLimitRules, 'clientPercent' | 'windowSeconds'>,
  second: number,
): { readonly counters: Counters; readonly verdict: Verdict } {
  const cap = clientCap(limit, rules.clientPercent)
  const client = windowAt(counters.client, second, rules.windowSeconds)
  const org = windowAt(counters.org, second, rules.windowSeconds)
  const shown = { limit: cap, remaining: Math.max(0, cap - client.used), reset: client.reset }
  if (client.used >= cap) return { counters, verdict: { ...shown, refused: true } }
  if (org.used >= limit) return { counters, verdict: { ...shown, reset: org.reset, refused: true } }
  return {
    counters: { client: { ...client, used: client.used + 1 }, org: { ...org, used: org.used + 1 } },
    verdict: { ...shown, remaining: shown.remaining - 1, refused: false },
  }
}

/**
 * The refusal of a request that comes while too many are under way. Its `limit` and `remaining` are 0; its reset is
 * far ahead and means nothing.
 * Sources: Okta's description of the headers; client issue reports for the 113 seconds.
 */
export function concurrencyRefusal(second: number): Verdict {
  return { limit: 0, remaining: 0, reset: second + 113, refused: true }
}
