import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { FaultRules } from './faults/fault-rules.ts'
import { FaultChooser, type FaultOptions } from './faults/faults.ts'
import { createApi } from './http/api.ts'
import { addControl } from './http/control.ts'
import type { OAuthParts } from './http/parts.ts'
import { closeServer, listen } from './http/server.ts'
import { addTokenRoute } from './http/token-route.ts'
import { Traffic, type TrafficCounts } from './http/traffic.ts'
import { defaultConcurrency, defaultLimits, type Limits } from './limits/buckets.ts'
import { Neighbour, type NeighbourWish } from './limits/neighbour.ts'
import { RateLimits } from './limits/rate-limits.ts'
import type { OAuthOptions } from './oauth/authorization-server.ts'
import { OrgClock } from './org/clock.ts'
import { Org, type TransitionTimes } from './org/org.ts'
import type { OrgSeed } from './org/org-state.ts'
import { generateSeed } from './seed/generate-users.ts'

// The door: other rooms import the sandbox from here, and whatever needs no server from flags.ts.
export { type OrgSeed, type OrgState, parseOrgState } from './org/org-state.ts'
export { generateSeed } from './seed/generate-users.ts'
export { usersForInput } from './seed/users-for-input.ts'

/** How the simulated org is made and how it behaves. */
export interface SandboxOptions {
  /** 0 to 65535; 0, the default, lets the system pick a free one. */
  readonly port?: number
  /** The users and tokens to begin with, or a saved org. Default: 100 generated users and their administrator. */
  readonly seed?: OrgSeed
  /** The value of the first token. Default: the seed's. */
  readonly token?: string
  /**
   * The org's limits in requests a window, each from 1; a limit that is left out is Okta's default. A client may use
   * `clientPercent` of them, and that is what the headers show. Null: no limits and no rate-limit headers.
   */
  readonly limits?: Partial<Limits> | null
  /** A client's cap in percent of each limit, above 0 to 100. Default 50, like Okta's. */
  readonly clientPercent?: number
  /** The length of a rate-limit window in whole seconds, from 1. Default 60, like Okta's. */
  readonly windowSeconds?: number
  /** Requests under way at once, at most; null: no limit. Default: Okta's 75, or no limit if `limits` is null. */
  readonly concurrency?: number | null
  /** How long every answer takes, in milliseconds from 0. Default 0. */
  readonly latencyMilliseconds?: number
  /**
   * How long background work takes. Default: activate at once, deactivate 1000 ms, a new member of a group to be listed
   * 3000 ms.
   */
  readonly transitions?: Partial<TransitionTimes>
  /** Default: none. */
  readonly faults?: FaultOptions
  /**
   * The time between two bytes of an answer that the fault `drip_after` lets drip, in milliseconds from 1. Default
   * 1000.
   */
  readonly dripMilliseconds?: number
  /** Other clients of the org, which begin when the sandbox does. Default: none. */
  readonly neighbours?: readonly NeighbourWish[]
  /** How far the org's clock is ahead of this machine's, in seconds; negative: behind. Default 0. */
  readonly clockSkewSeconds?: number
  /**
   * The service apps that may ask for OAuth access tokens, and how long these live. Default: no apps.
   */
  readonly oauth?: OAuthOptions
  /** This machine's clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** The value of the token that its client should send. */
  readonly token: string
  readonly org: Org
  /** The counters, for counting requests in the name of another client; null if there are no limits. */
  readonly rateLimits: RateLimits | null
  /** What was asked and answered since the start. */
  traffic(): TrafficCounts
  /** Ends all connections, idle or not, and resolves when the port is free. Calling it again does no harm. */
  close(): Promise<void>
}

function checkNumber(name: string, value: number, lowest: number, highest: number, whole: boolean): void {
  const kind = whole ? 'a whole number' : 'a number'
  if (value >= lowest && value <= highest && (!whole || Number.isInteger(value))) return
  throw new Refusal(
    `The sandbox's ${name} is ${value}; ${kind} from ${lowest} to ${highest} was expected.`,
    `Choose another ${name}.`,
  )
}

function rateLimitsOf(options: SandboxOptions): RateLimits | null {
  if (options.limits === null) return null
  const limits = { ...defaultLimits, ...options.limits }
  for (const [bucket, limit] of Object.entries(limits)) checkNumber(`limit of ${bucket}`, limit, 1, 1e9, true)
  const { clientPercent = 50, windowSeconds = 60 } = options
  checkNumber('client percentage', clientPercent, 0.01, 100, false)
  checkNumber('window in seconds', windowSeconds, 1, 86_400, true)
  return new RateLimits({ limits, clientPercent, windowSeconds })
}

function addNeighbours(
  rateLimits: RateLimits | null,
  wishes: readonly NeighbourWish[],
  token: string,
  start: number,
): void {
  for (const { bucket, callsPerMinute, counter } of wishes) {
    checkNumber("neighbour's calls a minute", callsPerMinute, 1e-6, 1e9, false)
    const client = counter === 'token' ? token : null
    rateLimits?.addNeighbour(new Neighbour({ bucket, callsPerMinute, client }, start))
  }
}

// The libraries for keys and JWTs are loaded only if there is an app that could use them.
async function oauthOf(options: OAuthOptions | undefined): Promise<OAuthParts | null> {
  if (options === undefined) return null
  const { tokenSeconds = 3600 } = options
  checkNumber('lifetime of access tokens in seconds', tokenSeconds, 1, 86_400, true)
  const { AuthorizationServer } = await import('./oauth/authorization-server.ts')
  const { checkResourceCall } = await import('./oauth/resource-check.ts')
  const server = new AuthorizationServer(options)
  return { server, check: (call) => checkResourceCall(server, call) }
}

function withToken(state: OrgSeed, value: string | undefined): OrgSeed {
  const [first, ...others] = state.tokens
  if (value === undefined || first === undefined) return state
  return { ...state, tokens: [{ ...first, value }, ...others] }
}

/**
 * Starts a simulated Okta org on a port of 127.0.0.1. Throws a {@link KnownError} if an option is out of its range, the
 * seed contradicts itself, or the port can't be had.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, latencyMilliseconds = 0, dripMilliseconds = 1000, clockSkewSeconds = 0 } = options
  const { concurrency = options.limits === null ? null : defaultConcurrency } = options
  checkNumber('port', port, 0, 65_535, true)
  checkNumber('latency in milliseconds', latencyMilliseconds, 0, 3_600_000, false)
  checkNumber('time between two bytes in milliseconds', dripMilliseconds, 1, 3_600_000, false)
  checkNumber('clock skew in seconds', clockSkewSeconds, -1e9, 1e9, false)
  if (concurrency !== null) checkNumber('limit on concurrency', concurrency, 1, 1e6, true)
  const clock = new OrgClock(options.now ?? Date.now, clockSkewSeconds)
  const state = withToken(
    options.seed ?? generateSeed({ count: 100, now: clock.milliseconds() }),
    options.token,
  )
  const org = new Org(state, clock, {
    activate: 0,
    deactivate: 1000,
    membership: 3000,
    ...options.transitions,
  })
  const rateLimits = rateLimitsOf(options)
  const token = state.tokens[0]?.value ?? ''
  addNeighbours(rateLimits, options.neighbours ?? [], token, clock.instant().second)
  const traffic = new Traffic()
  let url = ''
  const faults = options.faults === undefined ? null : new FaultChooser(options.faults)
  const stop = new AbortController()
  const parts = {
    org,
    clock,
    rateLimits,
    concurrency,
    faults,
    faultRules: new FaultRules(),
    latencyMilliseconds,
    dripMilliseconds,
    traffic,
    oauth: await oauthOf(options.oauth),
    closing: stop.signal,
    baseUrl: () => url,
  }
  const api = createApi(parts)
  addTokenRoute(api, parts)
  addControl(api, parts)
  // Otherwise the adapter would replace the whole process's Request and Response with its own.
  const listener = getRequestListener(api.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false })
  const server = createServer({ keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
    void listener(incoming, outgoing)
  })
  url = `http://127.0.0.1:${await listen(server, port)}`
  async function close(): Promise<void> {
    stop.abort()
    await closeServer(server)
  }
  return { url, token, org, rateLimits, traffic: () => traffic.counts(), close }
}
