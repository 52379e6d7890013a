import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Instant } from './clock.ts'
import { errorBody, type OktaError } from './okta-error.ts'
import type { Verdict } from './rate-limits.ts'

/** An answer of the API before it is written. */
export interface Reply {
  readonly httpStatus: number
  /** JSON; empty where the answer has no body. */
  readonly body: string
  /** Names and values in turn, besides those that every answer has. */
  readonly headers: readonly string[]
}

const noHeaders: readonly string[] = []

// As recorded. A refusal by a rate limit lacks the last ones: it comes from further in front.
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

/** An answer with a JSON value. */
export function jsonReply(value: unknown, headers: readonly string[] = noHeaders): Reply {
  return { httpStatus: 200, body: JSON.stringify(value), headers }
}

/** The answer to a call that has nothing to tell but that it was carried out: `{}`. */
export const emptyObject: Reply = { httpStatus: 200, body: '{}', headers: noHeaders }

/** The answer to a delete. */
export const noContent: Reply = { httpStatus: 204, body: '', headers: noHeaders }

/** An answer with an Okta error. */
export function errorReply(error: OktaError): Reply {
  const headers = error.errorCode === 'E0000011' ? ['www-authenticate', 'SSWS'] : noHeaders
  return { httpStatus: error.httpStatus, body: errorBody(error), headers }
}

/** A source of request ids, 32 hexadecimal digits, no two alike. */
export function requestIds(): () => string {
  const prefix = randomBytes(10).toString('hex')
  let count = 0
  return () => {
    count += 1
    return prefix + count.toString(16).padStart(12, '0')
  }
}

/** All headers of an answer, names and values in turn. `verdict` null: it has no rate-limit headers. */
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

const htmlTitles: Readonly<Record<number, string>> = {
  502: '502 Bad Gateway',
  503: '503 Service Temporarily Unavailable',
  504: '504 Gateway Time-out',
}

/** Writes the answer that a load balancer gives in Okta's stead: HTML, without any of Okta's headers. */
export function sendHtml(outgoing: ServerResponse, httpStatus: number, instant: Instant): void {
  const title = htmlTitles[httpStatus] ?? '502 Bad Gateway'
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '</body>',
    '</html>',
    '',
  ]
  const body = lines.join('\r\n')
  const headers = ['server', 'awselb/2.0', 'date', instant.httpDate, 'content-type', 'text/html']
  outgoing.writeHead(httpStatus, [...headers, 'content-length', String(body.length)])
  outgoing.end(body)
}
