import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { getPath } from 'hono/utils/url'
import { oktaError } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import { endpoints, noEndpoint } from '../endpoints/all.ts'
import type { ApiCall, Endpoint } from '../endpoints/endpoint.ts'
import { listReply } from '../endpoints/page.ts'
import type { Fault } from '../faults/faults.ts'
import type { Verdict } from '../limits/window.ts'
import type { OrgToken } from '../org/org-state.ts'
import { type Admission, admitCall } from './admission.ts'
import { baseUrlOf } from './base-url.ts'
import { headersOf, requestIds } from './headers.ts'
import type { ApiBindings, ApiParts, Exchange } from './parts.ts'
import { type RequestBody, readBody } from './request-body.ts'
import { showFault } from './show-fault.ts'

/** A call that has been admitted. */
interface Admitted {
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  readonly token: OrgToken
  readonly hasRole: boolean
  readonly verdict: Verdict | null
  readonly requestId: string
}

const noBody: RequestBody = { kind: 'json', value: undefined }

/** The fault that a call meets. All keys of one user count as the same user. */
function chooseFault(parts: ApiParts, { exchange, endpoint }: Admitted): Fault | null {
  const user = exchange.req.param('user') ?? ''
  const ruled = parts.faultRules.choose({
    kind: endpoint.action !== null ? 'lifecycle' : endpoint.method === 'GET' ? 'read' : 'write',
    action: endpoint.action,
    isAbout: (key) => key === user || (user !== '' && parts.org.find(key)?.id === parts.org.find(user)?.id),
  })
  return ruled ?? parts.faults?.choose(endpoint.action, user) ?? null
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
  return admitted.hasRole ? endpoint.answer(call) : withoutRole(call, endpoint)
}

/** A service app without an admin role finds nobody in the list of users, and may do nothing else. */
function withoutRole(call: ApiCall, { method, path }: Endpoint): Reply {
  if (method !== 'GET' || path !== '/api/v1/users') return errorReply(oktaError('E0000006'))
  return listReply(call, { items: [], next: null }, () => ({}))
}

/**
 * The simulated API as a Hono app. Answers are written straight to the server's own response, because a fault may tear
 * them, and because the header lines must be Okta's and not a framework's.
 */
export function createApi(parts: ApiParts): Hono<ApiBindings> {
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
    if (admission instanceof Promise) {
      void admission.then((later) => goOn(exchange, endpoint, requestId, later))
    } else goOn(exchange, endpoint, requestId, admission)
    return RESPONSE_ALREADY_SENT
  }

  function goOn(exchange: Exchange, endpoint: Endpoint, requestId: string, admission: Admission): void {
    if ('refusal' in admission) {
      afterLatency(() => send(exchange, admission.refusal, requestId, admission.verdict))
      return
    }
    const admitted: Admitted = { exchange, endpoint, requestId, ...admission }
    if (!endpoint.takesBody) {
      afterLatency(() => finish(admitted, noBody))
      return
    }
    readBody(exchange.env.incoming).then(
      (body) => afterLatency(() => finish(admitted, body)),
      // The client went away before its request was complete: as if it had never come.
      () => traffic.end('none'),
    )
  }

  // The work is done even if the client has gone by then: a request that has arrived outlives its sender.
  function afterLatency(answer: () => void): void {
    if (parts.latencyMilliseconds > 0) {
      setTimeout(() => {
        if (!parts.closing.aborted) answer()
      }, parts.latencyMilliseconds)
    } else answer()
  }

  // Okta accepts `//api/v1`, which clients send if their org URL ends with a slash.
  const api = new Hono<ApiBindings>({
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
