import type { BucketReport } from '../budget/lane.ts'
import { secondsLeft } from '../budget/time-left.ts'
import type { Outlook } from '../journal/journal-event.ts'
import { type RowWait, type RowWaits, waitsWithEnd } from '../lookup/waits.ts'
import { lifecycleBucket } from '../okta/bucket.ts'

/** What the tasks that are left cost, in requests. */
export interface TaskCosts {
  readonly reads: number
  /** Lifecycle calls, and what counts as such. */
  readonly calls: number
  /** The most requests under way at once. */
  readonly concurrency: number
}

/**
 * Requests that fit the share leave as fast as answers come. That speed can't be seen while a share is spread over its
 * window, so at least this many requests a second are assumed for each request that may be under way.
 */
const perSlotAndSecond = 2

const rememberMs = 60_000
const shortestMs = 1_000

/** Remembers, for the last minute, how many tasks were done at which time. */
export class Pace {
  #samples: { readonly at: number; readonly done: number }[] = []
  #peak = 0
  /** The tasks that were done within a second from a moment on. */
  #burst = { from: Number.NEGATIVE_INFINITY, count: 0 }

  /**
   * Counts a task that is done. What a window allows often goes within its first second, which samples taken every few
   * seconds would not show.
   *
   * @param at ms of a monotonic clock
   */
  count(at: number): void {
    if (at - this.#burst.from >= shortestMs) this.#burst = { from: at, count: 0 }
    this.#peak = Math.max(this.#peak, ++this.#burst.count)
  }

  /** @param at ms of a monotonic clock */
  see(at: number, done: number): void {
    const before = this.#samples.findLast((sample) => sample.at <= at - shortestMs)
    if (before !== undefined)
      this.#peak = Math.max(this.#peak, ((done - before.done) / (at - before.at)) * 1000)
    this.#samples.push({ at, done })
    const old = this.#samples.findLastIndex((sample) => sample.at <= at - rememberMs)
    if (old > 0) this.#samples = this.#samples.slice(old)
  }

  /** Tasks a second over the last minute; 0 before the first second is over. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at - first.at < shortestMs) return 0
    return ((last.done - first.done) / (last.at - first.at)) * 1000
  }

  /** The most tasks that were done in a second. */
  get peak(): number {
    return this.#peak
  }
}

/** Rows that wait for something other than the budget. */
export interface HeldRows {
  /** Whether all rows at work wait. */
  readonly all: boolean
  readonly longest: RowWait | null
  /** When the last of the waits ends whose end is known, in epoch ms by Okta's clock; 0 if there is none. */
  readonly until: number
}

const nothingHeld: HeldRows = { all: false, longest: null, until: 0 }

/**
 * @param atWork rows at work
 * @param others rows at work that wait for other rows
 */
export function heldRows(waits: RowWaits, atWork: number, others: number): HeldRows {
  return {
    all: waits.count > 0 && waits.count + others >= atWork,
    longest: waits.longest(),
    until: waits.longest(waitsWithEnd)?.until ?? 0,
  }
}

/**
 * How an execution is going. The budget shows how long the rest takes; if no limit is known, the pace of the last
 * minute does.
 *
 * @param now epoch ms by Okta's clock
 */
export function outlookOf(
  buckets: readonly BucketReport[],
  tasksLeft: number,
  { reads, calls, concurrency }: TaskCosts,
  pace: Pick<Pace, 'perSecond' | 'peak'>,
  now: number,
  held: HeldRows = nothingHeld,
): Outlook {
  const costs = buckets.flatMap((bucket) => {
    if (tasksLeft <= 0) return []
    if (bucket.bucket === lifecycleBucket) return [{ bucket, perTask: calls / tasksLeft }]
    return bucket.bucket === '/api/v1/users/{id}' ? [{ bucket, perTask: reads / tasksLeft }] : []
  })
  const byPace = pace.perSecond > 0 ? tasksLeft / pace.perSecond : null
  const speed = Math.max(pace.peak, concurrency * perSlotAndSecond)
  const byBudget = secondsLeft(tasksLeft, costs, speed, now)
  const afterWait = (seconds: number): number =>
    seconds + (secondsLeft(tasksLeft, costs, speed, now + seconds * 1000) ?? tasksLeft / speed)
  const going = byBudget ?? byPace
  const wait = Math.max(0, held.until - now) / 1000
  const eta = wait > 0 && held.all ? afterWait(wait) : going === null ? null : Math.max(going, wait)
  return {
    per_minute: Math.round(pace.perSecond * 60),
    in_flight: buckets.reduce((sum, { inFlight }) => sum + inFlight, 0),
    eta_seconds: tasksLeft <= 0 ? 0 : eta === null ? null : Math.round(eta),
    waiting: waitIn(buckets) ?? (held.all ? waitOf(held.longest, now) : null),
  }
}

/** Shorter waits are over before anybody has read of them. */
const shortestWaitMs = 1_000

function waitOf(wait: RowWait | null, now: number): Outlook['waiting'] {
  if (wait === null || wait.until - now < shortestWaitMs) return null
  return { bucket: null, why: wait.why, until: new Date(wait.until).toISOString() }
}

/** The wait that lasts longest. */
function waitIn(buckets: readonly BucketReport[]): Outlook['waiting'] {
  const waits = buckets.flatMap(({ bucket, waiting }) => (waiting === null ? [] : [{ bucket, ...waiting }]))
  const [longest] = waits.toSorted((some, other) => other.until - some.until)
  if (longest === undefined) return null
  const { bucket, why, until } = longest
  return { bucket, why, until: new Date(until).toISOString() }
}
