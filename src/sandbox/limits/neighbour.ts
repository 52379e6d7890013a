import { KnownError, Refusal } from '../../messages/known-error.ts'
import { type Bucket, buckets, type RateLimitRules } from './buckets.ts'
import { type Counters, clientCap, windowAt } from './window.ts'

/** How another client of the org calls it. */
export interface NeighbourRules {
  readonly bucket: Bucket
  /** Calls a minute, spread evenly; above 0. */
  readonly callsPerMinute: number
  /**
   * Null: it takes from the org's counter alone, as any number of clients with tokens of their own do. A token's
   * value: it uses the same token, and takes from its counter as well.
   */
  readonly client: string | null
}

/** What another client has asked for and got. */
export interface NeighbourCounts {
  readonly bucket: Bucket
  readonly callsPerMinute: number
  readonly counter: 'org' | 'token'
  readonly calls: number
  readonly granted: number
  readonly refused: number
}

/** What a flag or a control call asks for: a rate, in which bucket, from which counter. */
export interface NeighbourWish {
  readonly bucket: Bucket
  readonly callsPerMinute: number
  readonly counter: 'org' | 'token'
}

/**
 * Another client of the org, as arithmetic: all its calls of a second come at the beginning of that second, and a
 * refused call is not repeated. It starts one interval after `start` (seconds since 1970).
 */
export class Neighbour {
  readonly rules: NeighbourRules
  readonly #start: number
  #calls = 0
  #granted = 0

  constructor(rules: NeighbourRules, start: number) {
    this.rules = rules
    this.#start = start
  }

  /** The second in which its next call falls. */
  nextSecond(): number {
    let second = this.#start + Math.floor(((this.#calls + 1) * 60) / this.rules.callsPerMinute)
    // The same count as in `take`: another rounding here would make it wait for a second without a call.
    while (this.#callsBy(second) <= this.#calls) second += 1
    return second
  }

  /** Makes the calls that fall due up to this second, and returns the counters after them. */
  take(second: number, counters: Counters, limit: number, rules: TakeRules): Counters {
    const due = this.#callsBy(second) - this.#calls
    if (due <= 0) return counters
    this.#calls += due
    const org = windowAt(counters.org, second, rules.windowSeconds)
    const own = this.rules.client === null ? null : windowAt(counters.client, second, rules.windowSeconds)
    const cap = own === null ? due : clientCap(limit, rules.clientPercent) - own.used
    const granted = Math.max(0, Math.min(due, limit - org.used, cap))
    // Like any refused call, a neighbour's leaves the counters as they are.
    if (granted === 0) return counters
    this.#granted += granted
    return {
      org: { ...org, used: org.used + granted },
      client: own === null ? counters.client : { ...own, used: own.used + granted },
    }
  }

  // A rate per hour may not be a whole number per minute, so rounding must not lose a call.
  #callsBy(second: number): number {
    return Math.floor(((second - this.#start) * this.rules.callsPerMinute) / 60 + 1e-9)
  }

  counts(): NeighbourCounts {
    const { bucket, callsPerMinute, client } = this.rules
    const refused = this.#calls - this.#granted
    const counter = client === null ? 'org' : 'token'
    return { bucket, callsPerMinute, counter, calls: this.#calls, granted: this.#granted, refused }
  }
}

type TakeRules = Pick<RateLimitRules, 'clientPercent' | 'windowSeconds'>

/**
 * Reads `120/min`, `/api/v1/users=120/min` or `120/min,token`: a rate, with the bucket before it (default: that of the
 * lifecycle calls) and the counter's owner after it (default: the org). Throws a {@link KnownError} if the text has
 * another form.
 */
export function parseNeighbour(text: string): NeighbourWish {
  const match = /^(?:(.+)=)?(\d+(?:\.\d+)?)\/(s|sec|min|h|hour)(?:,(org|token))?$/.exec(text.trim())
  const bucket = buckets.find((known) => known === (match?.[1] ?? '/api/v1/users'))
  const calls = Number(match?.[2]) * perMinute(match?.[3])
  if (match === null || bucket === undefined || !(calls > 0)) {
    throw new Refusal(
      `The neighbour ${JSON.stringify(text)} is not [BUCKET=]N/min[,token] with a rate above 0; the buckets are ${buckets.join(', ')}.`,
      'okta-lifecycle sandbox --neighbour 120/min',
    )
  }
  return { bucket, callsPerMinute: calls, counter: match[4] === 'token' ? 'token' : 'org' }
}

function perMinute(unit: string | undefined): number {
  if (unit === 's' || unit === 'sec') return 60
  return unit === 'min' ? 1 : 1 / 60
}
