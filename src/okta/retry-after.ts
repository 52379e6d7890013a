/** No limit on a burst of calls needs a longer wait than this. */
const longestMs = 15 * 60_000

/**
 * Reads a `Retry-After` header: seconds, or an HTTP date. Source: RFC 9110, section 10.2.3.
 *
 * @param now epoch milliseconds to compare a date with: by the clock of whoever answered if its `Date` tells it, otherwise by
 *   this machine's
 * @returns milliseconds from 0 to a quarter of an hour; null if the header is absent or can't be parsed
 */
export function parseRetryAfter(text: string | undefined, now: number): number | null {
  if (text === undefined) return null
  const trimmed = text.trim()
  const wait = /^\d{1,9}$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - now
  return Number.isNaN(wait) ? null : Math.min(Math.max(0, wait), longestMs)
}
