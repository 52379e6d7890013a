import type { Neighbour, NeighbourCounts } from './neighbour.ts'

/**
 * The counters of Okta's rate limits that the sandbox's calls go to, by Okta's own names: lifecycle calls, lists and
 * a user's sub-resources; reading one user; changing or deleting one; the token's owner; everything else.
 */
export const buckets = [
  '/api/v1/users',
  '/api/v1/users/{id:.+}',
  '/api/v1/users/{id}',
  '/api/v1/users/me',
  '/api/v1',
] as const

export type Bucket = (typeof buckets)[number]

/** The org's limit of each bucket, in requests a window, from 1. */
export type Limits = Readonly<Record<Bucket, number>>

/**
 * What a Workforce org has by default, in requests a minute.
 * Source: the last table of default limits that Okta published.
 */
export const defaultLimits: Limits = {
  '/api/v1/users': 600,
  '/api/v1/users/{id:.+}': 2000,
  '/api/v1/users/{id}': 600,
  '/api/v1/users/me': 1200,
  '/api/v1': 1200,
}

/**
 * Requests under way at once that a Workforce org takes by default.
 * Source: Okta's description of the limit on concurrency.
 */
export const defaultConcurrency = 75

/** How an org limits its clients. */
export interface RateLimitRules {
  readonly limits: Limits
  /** A client's cap within each of the org's limits, in percent, above 0 to 100. Okta's default is 50. */
  readonly clientPercent: number
  /** The length of a window in whole seconds, from 1. Okta's is 60. */
  readonly windowSeconds: number
}

/** One counter's open window. */
export interface Window {
  /** The last second, since 1970, that still belongs to the window. */
  readonly reset: number
  /** Requests counted in it. */
  readonly used: number
}

/** The two counters that each request meets, null where no window was ever open. */
export interface Counters {
  readonly client: Window | null
  readonly org: Window | null
}

/** What the rate-limit headers of an answer say, and whether the request is refused. */
export interface Verdict {
  /** The client's cap, not the org's limit; 0 for a refusal by the limit on concurrency. */
  readonly limit: number
  readonly remaining: number
  /** Seconds since 1970, by the org's clock. */
  readonly reset: number
  readonly refused: boolean
}

/** The number of requests that one client may make in a window of a bucket with this limit; at least 1. */
export function clientCap(limit: number, percent: number): number {
  return Math.max(1, Math.floor((limit * percent) / 100))
}

/**
 * The window in which a request at this second falls. Windows are fixed: one opens with its first request, and the
 * second that `reset` names is still part of it.
 * Source: recorded traffic, where an answer may come in the very second of its reset.
 */
export function windowAt(window: Window | null, second: number, windowSeconds: number): Window {
  return window !== null && second <= window.reset ? window : { reset: second + windowSeconds, used: 0 }
}

/**
 * Counts one request at this second, against the client's cap first and the org's limit within it.
 * A refusal by the org's limit shows the client's own remaining, which may be above 0, with the reset of the org's
 * window, after which the client may go on. A refused request leaves both counters as they are.
 */
export function admit(
  counters: Counters,
  limit: number,
  rules: Pick<RateLimitRules, 'clientPercent' | 'windowSeconds'>,
  second: number,
): { readonly counters: Counters; readonly verdict: Verdict } {
  const cap = clientCap(limit, rules.clientPercent)
  const client = windowAt(counters.client, second, rules.windowSeconds)
  const org = windowAt(counters.org, second, rules.windowSeconds)
  const shown = { limit: cap, remaining: Math.max(0, cap - client.used), reset: client.reset }
  if (client.used >= cap) return { counters, verdict: { ...shown, refused: true } }
  if (org.used >= limit) return { counters, verdict: { ...shown, reset: org.reset, refused: true } }
  return {
    counters: { client: { ...client, used: client.used + 1 }, org: { ...org, used: org.used + 1 } },
    verdict: { ...shown, remaining: shown.remaining - 1, refused: false },
  }
}

/**
 * The refusal of a request that comes while too many are under way. Its limit and remaining are 0 and its reset is
 * far ahead and means nothing.
 * Sources: Okta's description of the headers; client issue reports for the 113 seconds.
 */
export function concurrencyRefusal(second: number): Verdict {
  return { limit: 0, remaining: 0, reset: second + 113, refused: true }
}

/** A counter as the control path shows it. */
export interface CounterView {
  readonly bucket: Bucket
  /** Whose counter: a token's value, hidden but for its last 4 letters, or `org`. */
  readonly client: string
  readonly limit: number
  readonly used: number
  /** Seconds since 1970. */
  readonly reset: number
}

/** An org's counters: one for each bucket, and one for each bucket of each client. */
export class RateLimits {
  readonly rules: RateLimitRules
  readonly #org = new Map<Bucket, Window>()
  readonly #clients = new Map<string, Map<Bucket, Window>>()
  readonly #neighbours: Neighbour[] = []

  constructor(rules: RateLimitRules) {
    this.rules = rules
  }

  /** Lets another client of the org take from the counters from now on. */
  addNeighbour(neighbour: Neighbour): void {
    this.#neighbours.push(neighbour)
  }

  /** What the other clients have asked for up to this second, and what they were granted. */
  neighbours(second: number): NeighbourCounts[] {
    for (const bucket of buckets) this.#catchUp(bucket, second)
    return this.#neighbours.map((neighbour) => neighbour.counts())
  }

  /**
   * Counts a request of a client at this second since 1970. `client` is any name that tells the org's clients
   * apart: another program's use of the org is another name.
   */
  take(bucket: Bucket, client: string, second: number): Verdict {
    this.#catchUp(bucket, second)
    const { counters, verdict } = admit(
      this.#counters(bucket, client),
      this.rules.limits[bucket],
      this.rules,
      second,
    )
    this.#keep(bucket, client, counters)
    return verdict
  }

  /** The windows that are open at this second. */
  view(second: number): CounterView[] {
    const views: CounterView[] = []
    for (const bucket of buckets) {
      this.#catchUp(bucket, second)
      const limit = this.rules.limits[bucket]
      const org = this.#org.get(bucket)
      if (org !== undefined && second <= org.reset) views.push({ bucket, client: 'org', limit, ...org })
      for (const [client, windows] of this.#clients) {
        const window = windows.get(bucket)
        if (window === undefined || second > window.reset) continue
        const cap = clientCap(limit, this.rules.clientPercent)
        views.push({ bucket, client: `…${client.slice(-4)}`, limit: cap, ...window })
      }
    }
    return views
  }

  #counters(bucket: Bucket, client: string | null): Counters {
    const windows = client === null ? undefined : this.#clients.get(client)
    return { client: windows?.get(bucket) ?? null, org: this.#org.get(bucket) ?? null }
  }

  #keep(bucket: Bucket, client: string | null, counters: Counters): void {
    if (counters.org !== null) this.#org.set(bucket, counters.org)
    if (client === null || counters.client === null) return
    const windows = this.#clients.get(client) ?? new Map<Bucket, Window>()
    windows.set(bucket, counters.client)
    this.#clients.set(client, windows)
  }

  // The others' calls are counted when somebody looks: no timer, and each still falls into its own second.
  #catchUp(bucket: Bucket, second: number): void {
    const theirs = this.#neighbours.filter((neighbour) => neighbour.rules.bucket === bucket)
    for (let next = nextDue(theirs); next <= second; next = nextDue(theirs)) {
      for (const neighbour of theirs) {
        const { client } = neighbour.rules
        const limit = this.rules.limits[bucket]
        this.#keep(bucket, client, neighbour.take(next, this.#counters(bucket, client), limit, this.rules))
      }
    }
  }
}

function nextDue(neighbours: readonly Neighbour[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...neighbours.map((neighbour) => neighbour.nextSecond()))
}
