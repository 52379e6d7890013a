import { Pool } from 'undici'
import { type Answer, type Answered, parseBody, parseOktaError } from './answer.ts'
import type { OktaClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { Exchange, type Received } from './exchange.ts'
import { parseRateLimit, singleHeader } from './rate-limit.ts'
import type { OktaRequest } from './request.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Sends requests to one org. */
export interface OktaClient {
  /** Sends a request once. Never throws for a failure of the network or the server. */
  send(request: OktaRequest): Promise<Answer>
  /** Ends all connections. May be called more than once. */
  close(): Promise<void>
}

export interface OktaClientOptions {
  readonly connection: Connection
  readonly clock: OktaClock
  /** The most connections. A call that hangs keeps its connection until its time limit. */
  readonly connections: number
  readonly userAgent: string
  /** Asked right before the first byte of each request; a request that may not leave counts as never sent. */
  readonly mayLeave?: () => boolean
}

/** Opens a client. It keeps connections alive, follows no redirects and retries nothing. */
export function createOktaClient(options: OktaClientOptions): OktaClient {
  const { connection, clock } = options
  const { requestTimeoutMs } = connection
  const pool = new Pool(connection.orgUrl, {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    connect: { timeout: Math.min(requestTimeoutMs, 10_000) },
  })
  const baseHeaders = {
    accept: 'application/json',
    authorization: connection.authorization,
    'user-agent': options.userAgent,
  }

  async function send(request: OktaRequest): Promise<Answer> {
    const sentAt = clock.mark()
    const exchange = new Exchange(requestTimeoutMs, options.mayLeave)
    const received = exchange.received
    pool.dispatch(
      { method: request.method, path: request.path, headers: { ...baseHeaders, ...request.headers } },
      exchange,
    )
    return toAnswer(await received, (date) => clock.observe(date, sentAt, clock.mark()))
  }

  let closed: Promise<void> | null = null
  const close = (): Promise<void> => {
    closed ??= pool.destroy()
    return closed
  }

  return { send, close }
}

function toAnswer(received: Received, observeDate: (date: string | undefined) => void): Answer {
  if (received.kind === 'lost') {
    const { connectedAfterMs, code, why } = received
    if (connectedAfterMs === null) return { kind: 'unanswered', mayHaveBeenSent: false, code, why }
    return { kind: 'unanswered', mayHaveBeenSent: true, connectedAfterMs, code, why }
  }
  const { connectedAfterMs, httpStatus, headers } = received
  const rateLimit = parseRateLimit(headers)
  const requestId = singleHeader(headers['x-okta-request-id']) ?? null
  const body =
    received.text === null
      ? { kind: 'unreadable' as const, why: 'a body of more than 1 MiB' }
      : parseBody(received.text)
  const answered: Answered = {
    kind: 'answered',
    connectedAfterMs,
    httpStatus,
    rateLimit,
    requestId,
    body,
    error: httpStatus < 400 ? null : parseOktaError(body),
    location: singleHeader(headers.location) ?? null,
    authenticate: /\berror="?([\w.-]+)/.exec(singleHeader(headers['www-authenticate']) ?? '')?.[1] ?? null,
    retryAfterMs: parseRetryAfter(singleHeader(headers['retry-after']), Date.now()),
  }
  // A proxy's clock is not Okta's. One page of a load balancer that is two minutes ahead must not change our view of
  // it.
  if (requestId !== null || rateLimit !== null) observeDate(singleHeader(headers.date))
  return answered
}
