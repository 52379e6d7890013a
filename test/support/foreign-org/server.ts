import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, tooManyRequests } from './answer.ts'
import {
  type BucketName,
  concurrencyHeaders,
  type RateLimit,
  rateHeaders,
  type Taken,
  take,
  type Window,
} from './bucket.ts'
import { answerControl } from './control.ts'
import { type Effect, effectOf, type Fault } from './fault.ts'
import { type LoggedRequest, pickHeaders } from './log.ts'
import { type Access, answerOf, bucketOf } from './okta.ts'
import { createOrg, type Org, type OrgOptions } from './org.ts'
import { sendAnswer, sendReply } from './respond.ts'
import { type Route, routeOf } from './route.ts'
import type { ForeignUser } from './user.ts'
import { createWaiting } from './wait.ts'

/** What can be said to an org in JSON too; see {@link ForeignOrgOptions} for what needs a function. */
export interface PlainOptions extends OrgOptions {
  /** Default {@link defaultToken}. */
  readonly token?: string
  /** Default none. */
  readonly users?: readonly ForeignUser[]
  /**
   * The id of the token's owner, who must be among the users; null for a token that shows none. By default a user who is
   * not among them: an API token always has an owner.
   */
  readonly ownerId?: string | null
  /** What `/users/me` answers without an owner. Default forbidden. */
  readonly ownerRefusal?: Access['ownerRefusal']
  /** null (the default): no limit, and no rate headers at all. `/users/me` has its own counter, as large as `read`. */
  readonly rateLimit?: RateLimit | null
  /** Requests that may be under way at once; beyond it the concurrency 429. Default null, no limit. It needs a latency to matter. */
  readonly concurrencyLimit?: number | null
  /** How far the org's clock runs ahead of this machine's; may be negative. */
  readonly clockSkewSeconds?: number
  /** Half of it passes before the work and half after. */
  readonly latencyMs?: number
}

/** All options. */
export interface ForeignOrgOptions extends PlainOptions {
  /** Asked once for every request under /api. */
  readonly fault?: (request: LoggedRequest) => Fault | null
  /** This machine's clock, in milliseconds; for tests of windows. The skew is added to it. */
  readonly now?: () => number
}

/** A running org. */
export interface ForeignOrg {
  /** `http://127.0.0.1:PORT`, with no slash at the end. */
  readonly url: string
  readonly token: string
  readonly org: Org
  readonly requests: readonly LoggedRequest[]
  /** `USER_ID ACTION` → how many times it was really applied. */
  readonly applied: Readonly<Record<string, number>>
  /** Resolves once the check is true; it is asked after every arrival, application and answer. */
  waitUntil(check: () => boolean): Promise<void>
  /** Ends all connections. Work that is late is not done any more. */
  close(): Promise<void>
}

/** The token of an org that was given none. */
export const defaultToken = '00FictionalTokenOfTheForeignOrg'

/** The owner of a token that was given none: nobody's list holds it. An administrator, as whoever calls the API is. */
const outsiderId = '00uOwnerOfTheToken00'

/** Starts an org on a free port of 127.0.0.1. Throws an Error where the owner is not among the users. */
export async function createForeignOrg(options: ForeignOrgOptions = {}): Promise<ForeignOrg> {
  const ownerId = options.ownerId === undefined ? outsiderId : options.ownerId
  const owners = ownerId === null ? {} : { [ownerId]: ['Group Administrator'] }
  const org = createOrg(options.users ?? [], { ...options, roles: { ...owners, ...options.roles } })
  const access: Access = {
    token: options.token ?? defaultToken,
    ownerId,
    ownerRefusal: options.ownerRefusal ?? 'forbidden',
  }
  if (access.ownerId !== null && access.ownerId !== outsiderId && !org.users.has(access.ownerId))
    throw new Error(`The token's owner ${access.ownerId} is not among the users`)
  const requests: LoggedRequest[] = []
  const attempts = new Map<string, number>()
  const windows = new Map<BucketName, Window>()
  const waiting = createWaiting()
  const late = new Set<NodeJS.Timeout>()
  let underWay = 0
  let origin = ''

  function now(): number {
    return (options.now ?? Date.now)() + (options.clockSkewSeconds ?? 0) * 1000
  }

  function latency(): Promise<void> | undefined {
    return options.latencyMs ? delay(options.latencyMs / 2) : undefined
  }

  function logged(request: IncomingMessage, route: Route): LoggedRequest {
    const method = request.method ?? ''
    const path = request.url ?? ''
    const attempt = (attempts.get(`${method} ${path}`) ?? 0) + 1
    attempts.set(`${method} ${path}`, attempt)
    return {
      number: requests.length + 1,
      attempt,
      method,
      path,
      key: 'key' in route ? route.key : null,
      action: route.kind === 'action' ? route.action : null,
      headers: pickHeaders(request.headers),
      arrivedAt: Date.now(),
      fault: null,
      window: null,
      status: null,
    }
  }

  function takeFrom(name: BucketName | null): Taken | null {
    if (name === null || !options.rateLimit) return null
    const { lifecycle, read, windowSeconds } = options.rateLimit
    const limit = name === 'lifecycle' ? lifecycle : read
    const taken = take(windows.get(name) ?? null, limit, windowSeconds, now())
    windows.set(name, taken.window)
    return taken
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = routeOf(request.method ?? '', request.url ?? '')
    const entry = logged(request, route)
    requests.push(entry)
    const fault = options.fault?.(entry) ?? null
    entry.fault = fault?.name ?? null
    const effect: Effect | null = fault === null ? null : effectOf(fault)
    waiting.changed()

    const outlet = { response, entry, now }
    const nothing: Answer = { status: 200, headers: {}, body: '' }
    function work(): Answer {
      const url = new URL(`${origin}${request.url ?? ''}`)
      return answerOf(org, access, route, url, request.headers, now())
    }

    if (effect?.stage === 'edge') return sendReply(outlet, effect.reply, nothing, {})
    if (options.concurrencyLimit && underWay > options.concurrencyLimit) {
      entry.fault = null
      return sendAnswer(outlet, tooManyRequests(), concurrencyHeaders(now()))
    }
    await latency()
    const taken = takeFrom(bucketOf(route))
    if (taken?.allowed) entry.window = taken.window.reset
    const headers = taken === null ? {} : rateHeaders(taken)
    if (taken?.allowed === false) {
      entry.fault = null
      return sendAnswer(outlet, tooManyRequests(), headers)
    }
    if (effect?.stage === 'refuse') {
      const shown = effect.headers === 'concurrency' ? concurrencyHeaders(now()) : headers
      return sendAnswer(outlet, effect.answer, shown)
    }
    const after = fault !== null && 'afterMilliseconds' in fault ? (fault.afterMilliseconds ?? 50) : 50
    if (effect?.stage === 'slow') await delay(after)
    if (effect?.stage === 'late') {
      const timer = setTimeout(() => {
        late.delete(timer)
        work()
        waiting.changed()
      }, after)
      late.add(timer)
      return sendReply(outlet, effect.reply, nothing, headers)
    }
    const answer = work()
    waiting.changed()
    await latency()
    if (effect?.stage === 'hide') sendReply(outlet, effect.reply, answer, headers)
    else sendAnswer(outlet, answer, headers)
  }

  const server = createServer(async (request, response) => {
    // A client that went away must not hurt the org.
    response.on('error', () => {})
    request.on('error', () => {}).resume()
    if (request.url?.startsWith('/control/')) {
      await answerControl(request.url, response, { org, requests, waiting, now })
      return
    }
    underWay += 1
    try {
      await serve(request, response)
    } finally {
      underWay -= 1
      waiting.changed()
    }
  })
  // Longer than any test: the org never closes a kept connection just when a request is on its way.
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The foreign org has no port')
  origin = `http://127.0.0.1:${address.port}`

  return {
    url: origin,
    token: access.token,
    org,
    requests,
    applied: org.applied,
    waitUntil: (check) => waiting.until(check),
    close: () =>
      new Promise((resolve) => {
        for (const timer of late) clearTimeout(timer)
        waiting.end()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
