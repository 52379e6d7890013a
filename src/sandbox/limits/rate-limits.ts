import { type Bucket, buckets, type RateLimitRules } from './buckets.ts'
import type { Neighbour, NeighbourCounts } from './neighbour.ts'
import { admit, type Counters, clientCap, type Verdict, type Window } from './window.ts'

/** A counter as the control path shows it. */
export interface CounterView {
  readonly bucket: Bucket
  /** Whose counter: a token's value, hidden except for its last 4 characters, or `org`. */
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
   * Counts a request of a client at this second since 1970. `client` is any name that tells the org's clients apart:
   * another program has another name.
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

  // The neighbours' calls are counted when a counter is used or shown: no timer, and each still falls into its own
  // second.
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
