import { createHash } from 'node:crypto'
import {
  type Answer,
  errorAnswer,
  forbidden,
  htmlAnswer,
  invalidToken,
  stillBeingActivated,
  tooManyRequests,
} from './answer.ts'
import type { LoggedRequest } from './log.ts'
import { halfOf } from './respond.ts'

/**
 * What a fault does, in the order in which a request meets it.
 * - `edge`: it never gets to Okta: no counter moves and no Okta header comes back. `answer` null ends the connection.
 * - `refuse`: Okta itself refuses before the work; it counts against the limit.
 * - `slow`: the work is done `afterMilliseconds` later, whether the client is still there or not, and then answered.
 * - `late`: the work is done `afterMilliseconds` later; the client hears nothing of it.
 * - `hide`: the work is done at once, and its answer is replaced.
 */
export type Effect =
  | { readonly stage: 'edge'; readonly reply: Reply }
  | { readonly stage: 'refuse'; readonly answer: Answer; readonly headers: 'bucket' | 'concurrency' }
  | { readonly stage: 'slow' }
  | { readonly stage: 'late'; readonly reply: Reply }
  | { readonly stage: 'hide'; readonly reply: Reply }

/** What comes back in place of the true answer. `of` makes it from the true one; Okta's headers stay where `okta` says so. */
export type Reply =
  | { readonly kind: 'drop' | 'reset' | 'hang' | 'cut' }
  | { readonly kind: 'answer'; readonly okta: boolean; readonly of: (answer: Answer) => Answer }

function answerWith(answer: Answer, okta: boolean): Reply {
  return { kind: 'answer', okta, of: () => answer }
}

function serverError(): Answer {
  return errorAnswer(500, 'E0000009', 'Internal Server Error')
}

const badGateway = answerWith(htmlAnswer(502, '502 Bad Gateway'), false)
const unavailable = answerWith(htmlAnswer(503, '503 Service Temporarily Unavailable'), false)
const gatewayTimeout = answerWith(htmlAnswer(504, '504 Gateway Time-out'), false)

/**
 * The faults by name. Before: nothing was done. After: the work was done and the client can't tell. Those with
 * neither word in the name refuse before the work, but for `emptyOk`, `noContent`, `truncatedJson` and `cutBody`,
 * which spoil the answer to work that was done.
 */
const effects = {
  dropBefore: () => ({ stage: 'edge', reply: { kind: 'drop' } }),
  dropAfter: () => ({ stage: 'hide', reply: { kind: 'drop' } }),
  resetBefore: () => ({ stage: 'edge', reply: { kind: 'reset' } }),
  resetAfter: () => ({ stage: 'hide', reply: { kind: 'reset' } }),
  hangBefore: () => ({ stage: 'edge', reply: { kind: 'hang' } }),
  hangAfter: () => ({ stage: 'hide', reply: { kind: 'hang' } }),
  slow: () => ({ stage: 'slow' }),
  lateDrop: () => ({ stage: 'late', reply: { kind: 'drop' } }),
  lateHang: () => ({ stage: 'late', reply: { kind: 'hang' } }),
  lateGatewayTimeout: () => ({ stage: 'late', reply: gatewayTimeout }),
  serverErrorBefore: () => ({ stage: 'refuse', answer: serverError(), headers: 'bucket' }),
  serverErrorAfter: () => ({ stage: 'hide', reply: answerWith(serverError(), true) }),
  badGatewayBefore: () => ({ stage: 'edge', reply: badGateway }),
  badGatewayAfter: () => ({ stage: 'hide', reply: badGateway }),
  gatewayTimeoutBefore: () => ({ stage: 'edge', reply: gatewayTimeout }),
  gatewayTimeoutAfter: () => ({ stage: 'hide', reply: gatewayTimeout }),
  unavailableBefore: () => ({ stage: 'edge', reply: unavailable }),
  unavailableAfter: () => ({ stage: 'hide', reply: unavailable }),
  readOnly: () => ({
    stage: 'refuse',
    answer: errorAnswer(503, 'E0000010', 'Service is in read only mode'),
    headers: 'bucket',
  }),
  invalidToken: () => ({ stage: 'refuse', answer: invalidToken(), headers: 'bucket' }),
  forbidden: () => ({ stage: 'refuse', answer: forbidden(), headers: 'bucket' }),
  /** An org that has no such endpoint. */
  unknownPath: () => ({
    stage: 'refuse',
    answer: errorAnswer(404, 'E0000008', 'The requested path was not found'),
    headers: 'bucket',
  }),
  stillBeingActivated: () => ({ stage: 'refuse', answer: stillBeingActivated(), headers: 'bucket' }),
  /** Others emptied the org's counter: refused although the caller's own counter has some left. */
  orgLimit: () => ({ stage: 'refuse', answer: tooManyRequests(), headers: 'bucket' }),
  concurrencyLimit: () => ({ stage: 'refuse', answer: tooManyRequests(), headers: 'concurrency' }),
  /** The page of a proxy that is pleased with itself. */
  htmlOk: () => ({ stage: 'edge', reply: answerWith(htmlAnswer(200, 'Please sign in'), false) }),
  redirect: () => ({
    stage: 'edge',
    reply: answerWith(
      {
        status: 301,
        headers: { 'content-type': 'text/html', location: 'https://elsewhere.example.com/' },
        body: '',
      },
      false,
    ),
  }),
  emptyOk: () => ({
    stage: 'hide',
    reply: { kind: 'answer', okta: true, of: () => ({ status: 200, headers: {}, body: '' }) },
  }),
  noContent: () => ({
    stage: 'hide',
    reply: { kind: 'answer', okta: true, of: () => ({ status: 204, headers: {}, body: '' }) },
  }),
  /** A whole HTTP message with half of the JSON in it. */
  truncatedJson: () => ({
    stage: 'hide',
    reply: {
      kind: 'answer',
      okta: true,
      of: (answer) => ({ ...answer, body: halfOf(answer.body) }),
    },
  }),
  /** Headers and half of the body, then the end of the connection. */
  cutBody: () => ({ stage: 'hide', reply: { kind: 'cut' } }),
} as const satisfies Record<string, () => Effect>

export type FaultName = keyof typeof effects

/** All names, for tables and rates. */
export const faultNames = Object.keys(effects) as FaultName[]

/** A fault for one request: a named one, or any answer at all, before the work or after it. */
export type Fault =
  | {
      readonly name: FaultName
      /** For `slow` and the three late ones: how long after the request the work is done. Default 50. */
      readonly afterMilliseconds?: number
      /** For `redirect`: where to. */
      readonly location?: string
    }
  | { readonly name: 'answer'; readonly when: 'before' | 'after'; readonly answer: Answer }

/** What the fault does. */
export function effectOf(fault: Fault): Effect {
  if (fault.name === 'answer') {
    return { stage: fault.when === 'before' ? 'edge' : 'hide', reply: answerWith(fault.answer, false) }
  }
  if (fault.name === 'redirect' && fault.location !== undefined) {
    const headers = { 'content-type': 'text/html', location: fault.location }
    return { stage: 'edge', reply: answerWith({ status: 301, headers, body: '' }, false) }
  }
  return effects[fault.name]()
}

/** Faults for an org in a process of its own, where no function can be passed. */
export interface FaultRates {
  readonly seed: number
  /** Parts of all requests, each 0..1, together at most 1. */
  readonly rates: Readonly<Partial<Record<FaultName, number>>>
  /** Which requests can meet one. Default lifecycle. */
  readonly on?: 'lifecycle' | 'all'
  /** For `slow` and the late ones. Default 50. */
  readonly afterMilliseconds?: number
  /** Whether `afterMilliseconds` is the most, and each request's own time is drawn from 0 up to it. Default false. */
  readonly spread?: boolean
}

/**
 * Draws faults by rate. The draw depends on the seed, the path and how often that path was asked for before: never
 * on the order in which different users' requests arrive. Throws a RangeError for rates that can't be.
 */
export function faultsByRate(options: FaultRates): (request: LoggedRequest) => Fault | null {
  const rates = faultNames.map((name) => [name, options.rates[name] ?? 0] as const)
  const total = rates.reduce((sum, [, rate]) => sum + rate, 0)
  if (rates.some(([, rate]) => !(rate >= 0)) || total > 1 + 1e-9)
    throw new RangeError(
      `Expected rates from 0 that are together at most 1, got ${JSON.stringify(options.rates)}`,
    )
  return (request) => {
    if (options.on !== 'all' && request.action === null) return null
    const place = `${options.seed} ${request.method} ${request.path} ${request.attempt}`
    let draw = drawOf(place)
    const part = options.spread === true ? drawOf(`${place} after`) : 1
    for (const [name, rate] of rates) {
      if (draw < rate) return { name, afterMilliseconds: (options.afterMilliseconds ?? 50) * part }
      draw -= rate
    }
    return null
  }
}

function drawOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}
