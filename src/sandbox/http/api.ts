import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import { endpoints, noEndpoint } from '../endpoints/all.ts'
import type { ApiCall, Endpoint } from '../endpoints/endpoint.ts'
import type { FaultRules } from '../faults/fault-rules.ts'
import type { Fault, FaultChooser } from '../faults/faults.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { concurrencyRefusal, type Verdict } from '../limits/window.ts'
import type { OrgClock } from '../org/clock.ts'
import type { Org } from '../org/org.ts'
import type { OrgToken } from '../org/org-state.ts'
import { tokenIn } from './authorization.ts'
import { headersOf, requestIds } from './headers.ts'
import { type RequestBody, readBody } from './request-body.ts'
import { showFault } from './show-fault.ts'
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
  /** Faults ordered while the sandbox runs; they come before the others. */
  readonly faultRules: FaultRules
  readonly latencyMilliseconds: number
  /** Between two bytes of an answer that drips. */
  readonly dripMilliseconds: number
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

/** A call that has been let in. */
interface Admitted {
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  readonly token: OrgToken
  readonly verdict: Verdict | null
  readonly requestId: string
}

// Calls with an unknown token are counted as one client of their own: they must not use up anyone's cap.
const strangers = 'strangers'

const noBody: RequestBody = { kind: 'json', value: undefined }

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

/** The fault that a call meets. A key that leads to the same user is the same user's. */
function chooseFault(parts: ApiParts, { exchange, endpoint }: Admitted): Fault | null {
  const user = exchange.req.param('user') ?? ''
  const ruled = parts.faultRules.choose({
    kind: endpoint.action !== null ? 'lifecycle' : endpoint.method === 'GET' ? 'read' : 'write',
    action: endpoint.action,
    isAbout: (key) => key === user || (user !== '' && parts.org.find(key)?.id === parts.org.find(user)?.id),
  })
  return ruled ?? parts.faults?.choose(endpoint.action, user) ?? null
}

/** The org's URL as the client calls it, so that the links in answers lead to where the client already is. */
function baseUrlOf(parts: ApiParts, host: string | undefined): string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? `http://${host}` : parts.baseUrl()
}

function work(parts: ApiParts, admitted: Admitted, body: RequestBody): Reply {
  if (body.kind === 'refused') return errorReply(body.error)
  const { exchange, endpoint, token, requestId } = admitted
  const { incoming } = exchange.env
  const { prefer } = incoming.headers
  const call: ApiCall = {
    org: parts.org,
    baseUrl: baseUrlOf(parts, incoming.headers.host),
    target: (incoming.url ?? '').replace(/^\/\/+/, '/'),
    token,
    user: exchange.req.param('user') ?? '',
    requestId,
    prefer: Array.isArray(prefer) ? prefer.join(',') : (prefer ?? ''),
    body: body.value,
    part: (name) => exchange.req.param(name) ?? '',
    query: (name) => exchange.req.query(name),
  }
  return endpoint.answer(call)
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

  function finish(admitted: Admitted, body: RequestBody): void {
    const { exchange, requestId, verdict } = admitted
    const fault = chooseFault(parts, admitted)
    if (fault === null) {
      send(exchange, work(parts, admitted, body), requestId, verdict)
      return
    }
    const reply = fault.worked ? work(parts, admitted, body) : null
    const { closing, dripMilliseconds } = parts
    const end = (answer: number | 'none'): void => traffic.end(answer)
    const scene = { bindings: exchange.env, instant: clock.instant(), requestId, verdict, reply }
    showFault(fault, { ...scene, dripMilliseconds, closing, end })
  }

  function serve(exchange: Exchange, endpoint: Endpoint): Response {
    const requestId = nextRequestId()
    const underWay = traffic.begin()
    if (Object.values(exchange.req.param()).some((part) => part.includes('/'))) {
      send(exchange, noEndpoint(exchange.req.path), requestId, null)
      return RESPONSE_ALREADY_SENT
    }
    const admission = admitCall(parts, endpoint, exchange, underWay)
    if ('refusal' in admission) {
      afterLatency(() => send(exchange, admission.refusal, requestId, admission.verdict))
      return RESPONSE_ALREADY_SENT
    }
    const admitted: Admitted = { exchange, endpoint, requestId, ...admission }
    if (!endpoint.takesBody) {
      afterLatency(() => finish(admitted, noBody))
      return RESPONSE_ALREADY_SENT
    }
    readBody(exchange.env.incoming).then(
      (body) => afterLatency(() => finish(admitted, body)),
      // The client went away before its request was complete: as if it had never come.
      () => traffic.end('none'),
    )
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
