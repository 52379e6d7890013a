import { type Answer, parseBody, parseOktaError } from './answer.ts'
import type { Received } from './exchange.ts'
import { nextLink } from './next-link.ts'
import { type HeaderValue, parseRateLimit, singleHeader } from './rate-limit.ts'
import { parseRetryAfter } from './retry-after.ts'

/** The error that `www-authenticate` names; null if it names none. Source: RFC 6750, section 3.1. */
export function namedError(headers: Readonly<Record<string, HeaderValue>>): string | null {
  return /\berror="?([\w.-]+)/.exec(singleHeader(headers['www-authenticate']) ?? '')?.[1] ?? null
}

/** The longest id of a request that is kept, in characters: Okta's have 27. */
const longestRequestId = 200

/** Reads what was received. */
export function toAnswer(received: Received): Answer {
  const { resends } = received
  const answer = readAnswer(received)
  return resends === undefined ? answer : { ...answer, resends }
}

function readAnswer(received: Received): Answer {
  if (received.kind === 'lost') {
    const { connectedAfterMs, code, why, tokenRefusal } = received
    const refused = tokenRefusal === undefined ? {} : { tokenRefusal }
    if (connectedAfterMs === null)
      return { kind: 'unanswered', mayHaveBeenSent: false, code, why, ...refused }
    return { kind: 'unanswered', mayHaveBeenSent: true, connectedAfterMs, code, why }
  }
  const { connectedAfterMs, httpStatus, headers, withNewToken } = received
  const body =
    received.text === null
      ? { kind: 'unreadable' as const, why: received.unreadable ?? 'a body that is not text' }
      : parseBody(received.text)
  const nextPage = nextLink(headers.link)
  const date = Date.parse(singleHeader(headers.date) ?? '')
  return {
    kind: 'answered',
    connectedAfterMs,
    httpStatus,
    rateLimit: parseRateLimit(headers),
    requestId: singleHeader(headers['x-okta-request-id'])?.slice(0, longestRequestId) ?? null,
    body,
    error: httpStatus < 400 ? null : parseOktaError(body),
    location: singleHeader(headers.location) ?? null,
    authenticate: namedError(headers),
    retryAfterMs: parseRetryAfter(
      singleHeader(headers['retry-after']),
      Number.isNaN(date) ? Date.now() : date,
    ),
    ...(Number.isNaN(date) ? {} : { date }),
    ...(nextPage === undefined ? {} : { nextPage }),
    ...(withNewToken === true ? { withNewToken } : {}),
  }
}
