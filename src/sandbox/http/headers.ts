import { randomBytes } from 'node:crypto'
import type { Reply } from '../answers/reply.ts'
import type { Verdict } from '../limits/window.ts'
import type { Instant } from '../org/clock.ts'

// As recorded. A refusal by a rate limit lacks the uncached headers: it comes from a server further in front.
const alwaysHeaders = [
  'server',
  'nginx',
  'p3p',
  'CP="HONK"',
  'x-content-type-options',
  'nosniff',
  'x-xss-protection',
  '0',
]
const uncachedHeaders = [
  ...['cache-control', 'no-cache, no-store', 'pragma', 'no-cache', 'expires', '0'],
  ...['referrer-policy', 'strict-origin-when-cross-origin'],
]

/** A source of request ids, 32 hexadecimal digits, no two alike. */
export function requestIds(): () => string {
  const prefix = randomBytes(10).toString('hex')
  let count = 0
  return () => {
    count += 1
    return prefix + count.toString(16).padStart(12, '0')
  }
}

/** All headers of an answer, names and values in turn. If `verdict` is null, it has no rate-limit headers. */
export function headersOf(
  reply: Reply,
  instant: Instant,
  requestId: string,
  verdict: Verdict | null,
): string[] {
  const headers = ['date', instant.httpDate, 'x-okta-request-id', requestId, ...alwaysHeaders]
  if (reply.httpStatus !== 204) {
    headers.push('content-type', 'application/json', 'content-length', String(Buffer.byteLength(reply.body)))
  }
  if (verdict !== null) {
    headers.push('x-rate-limit-limit', String(verdict.limit))
    headers.push('x-rate-limit-remaining', String(verdict.remaining))
    headers.push('x-rate-limit-reset', String(verdict.reset))
  }
  if (reply.httpStatus !== 429) headers.push(...uncachedHeaders)
  headers.push(...reply.headers)
  return headers
}
