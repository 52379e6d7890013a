import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { tokenIn } from './authorization.ts'
import type { OrgClock } from './clock.ts'
import { type ApiCall, type Endpoint, endpoints, noEndpoint } from './endpoints.ts'
import type { Fault, FaultChooser } from './faults.ts'
import { oktaError } from './okta-error.ts'
import type { Org } from './org.ts'
import type { OrgToken } from './org-state.ts'
import { concurrencyRefusal, type RateLimits, type Verdict } from './rate-limits.ts'
import { errorReply, headersOf, type Reply, requestIds, sendHtml } from './reply.ts'
import type { Traffic } from './traffic.ts'

/** All that the API works with. */
export interface ApiParts {
  readonly org: Org
  readonly clock: OrgClock
  /** Null: no limit, and no rate-limit headers. */
  readonly rateLimits: RateLimits | null
  /** Requests under way at once, at most; null: no limit. */
  readonly concurrency: number | null
  readonly faults: FaultChooser | null
  readonly latencyMilliseconds: number
  readonly traffic: Traffic
  /** Aborted when the sandbox closes: what has not been done by then never is. */
  readonly closing: AbortSignal
  /** The org's own URL, without a slash at its end; known once the port is. */
  baseUrl(): string
}

type Exchange = Context<{ Bindings: HttpBindings }>

/** Whether a call may go on: the token it came with, or the answer that ends it. */
type Admission =
  | { readonly token: OrgToken; readonly verdict: Verdict | null }
  | { readonly refusal: Reply; readonly verdict: Verdict | null }

// Calls with an unknown token are counted as one client of their own: they must not use up anyone's cap.
const strangers = 'strangers'

function admitCall(parts: ApiParts, endpoint: Endpoint, exchange: Exchange, underWay: number): Admission {
  const { second } = parts.clock.instant()
  if (parts.concurrency !== null && underWay > parts.concurrency) {
    return { refusal: errorReply(oktaError('E0000047')), verdict: concurrencyRefusal(second) }
  }
  const value = tokenIn(exchange.env.incoming.headers.authorization)
  const client = value !== null && parts.org.knows(value) ? value : strangers
  const verdict = parts.rateLimits?.take(endpoint.bucket, client, second) ?? null
  if (verdict?.refused === true) return { refusal: errorReply(oktaError('E0000047')), verdict }
  const token = value === null ? null : parts.org.token(value)
  return token === null ? { refusal: errorReply(oktaError('E0000011')), verdict } : { token, verdict }
}

/**
 * The simulated API as a Hono app. Answers are written straight to the socket's own response, because a fault may
 * tear them and because the header lines are Okta's and no framework's.
 */
export function createApi(parts: ApiParts): Hono<{ Bindings: HttpBindings }> {
  const { clock, traffic } = parts
  const nextRequestId = requestIds()

  function send(exchange: Exchange, reply: Reply, requestId: string, verdict: Verdict | null): void {
    const { outgoing } = exchange.env
    traffic.end(reply.httpStatus)
    outgoing.writeHead(reply.httpStatus, headersOf(reply, clock.instant(), requestId, verdict))
    outgoing.end(reply.body)
  }

  function sendFault(exchange: Exchange, fault: Fault, requestId: string, verdict: Verdict | null): void {
    const { incoming, outgoing } = exchange.env
    if (fault.shows === 'okta_error') {
      const code = fault.httpStatus === 503 ? 'E0000010' : 'E0000009'
      send(exchange, errorReply(oktaError(code)), requestId, verdict)
    } else if (fault.shows === 'html') {
      traffic.end(fault.httpStatus)
      sendHtml(outgoing, fault.httpStatus, clock.instant())
    } else if (fault.shows === 'drop') {
      traffic.end('none')
      incoming.socket.destroy()
    } else if (fault.shows === 'tear') {
      traffic.end('none')
      const reply = { httpStatus: 200, body: '{}', headers: [] }
      outgoing.writeHead(200, headersOf(reply, clock.instant(), requestId, verdict))
      outgoing.write('{', () => incoming.socket.destroy())
    } else {
      outgoing.once('close', () => traffic.end('none'))
    }
  }

  function work(exchange: Exchange, endpoint: Endpoint, token: OrgToken, requestId: string): Reply {
    const { prefer } = exchange.env.incoming.headers
    const call: ApiCall = {
      org: parts.org,
      baseUrl: parts.baseUrl(),
      token,
      user: exchange.req.param('user') ?? '',
      requestId,
      prefer: Array.isArray(prefer) ? prefer.join(',') : (prefer ?? ''),
      query: (name) => exchange.req.query(name),
    }
    return endpoint.answer(call)
  }

  function serve(exchange: Exchange, endpoint: Endpoint): Response {
    const requestId = nextRequestId()
    const underWay = traffic.begin()
    const user = exchange.req.param('user') ?? ''
    if (user.includes('/')) {
      send(exchange, noEndpoint(exchange.req.path), requestId, null)
      return RESPONSE_ALREADY_SENT
    }
    const admission = admitCall(parts, endpoint, exchange, underWay)
    afterLatency(() => {
      if ('refusal' in admission) {
        send(exchange, admission.refusal, requestId, admission.verdict)
        return
      }
      const fault = parts.faults?.choose(endpoint.action, user) ?? null
      if (fault === null) {
        send(exchange, work(exchange, endpoint, admission.token, requestId), requestId, admission.verdict)
        return
      }
      if (fault.worked) work(exchange, endpoint, admission.token, requestId)
      sendFault(exchange, fault, requestId, admission.verdict)
    })
    return RESPONSE_ALREADY_SENT
  }

  // The work is done even if the client has gone by then: bytes that have arrived outlive the one who sent them.
  function afterLatency(answer: () => void): void {
    if (parts.latencyMilliseconds > 0) {
      setTimeout(() => {
        if (!parts.closing.aborted) answer()
      }, parts.latencyMilliseconds)
    } else answer()
  }

  // Okta takes `//api/v1`, which clients send that are given the org's URL with a slash at its end.
  const api = new Hono<{ Bindings: HttpBindings }>({
    getPath: (request) => getPath(request).replace(/^\/\/+/, '/'),
  })
  for (const endpoint of endpoints) {
    api.on(endpoint.method, endpoint.path, (exchange) => serve(exchange, endpoint))
  }
  api.notFound((exchange) => {
    traffic.begin()
    send(exchange, noEndpoint(exchange.req.path), nextRequestId(), null)
    return RESPONSE_ALREADY_SENT
  })
  return api
}
