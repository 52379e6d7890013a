/** What one answer says about its rate-limit bucket. The numbers are those of the token's own effective limit. */
export interface RateLimit {
  /** Requests allowed in a window. 0 together with `remaining` 0 on a 429 is Okta's concurrency limit. */
  readonly limit: number
  readonly remaining: number
  /** End of the window in epoch seconds by Okta's clock; that second itself still belongs to the window. */
  readonly reset: number
}

export type HeaderValue = string | readonly string[] | undefined

/**
 * Reads `x-rate-limit-limit`, `-remaining` and `-reset`. Returns null if one is absent or not a number, as in some of
 * Okta's error answers. If a header occurs twice (because several limits apply), the more cautious value counts.
 * Source: Okta developer documentation, "Rate limits: monitor", and recorded traffic.
 */
export function parseRateLimit(headers: Readonly<Record<string, HeaderValue>>): RateLimit | null {
  const limit = wholeNumbers(headers['x-rate-limit-limit'])
  const remaining = wholeNumbers(headers['x-rate-limit-remaining'])
  const reset = wholeNumbers(headers['x-rate-limit-reset'])
  if (limit.length === 0 || remaining.length === 0 || reset.length === 0) return null
  return { limit: Math.min(...limit), remaining: Math.min(...remaining), reset: Math.max(...reset) }
}

/** The value of a header; the first one if there are several. */
export function singleHeader(value: HeaderValue): string | undefined {
  return typeof value === 'object' ? value[0] : value
}

function wholeNumbers(value: HeaderValue): number[] {
  if (value === undefined) return []
  // The usual case, and the only one in recorded traffic.
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return [Number(value)]
  const parts = (typeof value === 'string' ? [value] : value).flatMap((text) => text.split(','))
  return parts
    .map((text) => text.trim())
    .filter((text) => /^\d{1,15}$/.test(text))
    .map(Number)
}
