import { createHash } from 'node:crypto'

/** A job that is submitted again and again. */
export interface Schedule {
  readonly job: string
  readonly orgUrl: string
  /** When, as cron writes it. */
  readonly pattern: string
  /** An IANA time zone, in which the pattern is meant. */
  readonly timeZone: string
  /** What `submit` is given each time. */
  readonly arguments: Readonly<Record<string, unknown>>
}

/** What became of a schedule when it was last due. */
export interface LastTime {
  /** RFC 3339; null if it was never due. */
  readonly due: string | null
  /** The run that was submitted; null if there is none. */
  readonly run: string | null
  /** Why none was submitted; null if one was. */
  readonly error: string | null
}

/** A schedule as the store has it. */
export interface KeptSchedule extends Schedule {
  /** Since when it is as it is, in epoch ms by the store's clock. */
  readonly since: number
  readonly last: LastTime
}

/** A schedule that a worker sees to. */
export interface DueSchedule extends Schedule {
  readonly id: string
  readonly at: Date
  /** Which taking this is. Once another worker has taken the schedule, this one has no say any more. */
  readonly taking: number
}

/** For how long a schedule that is due is left to the worker that took it, unless it says that it still sees to it. */
export const seenToWithinMs = 30_000
/** How often a worker says so, in ms. */
export const sayAgainEveryMs = 10_000
/** How long to wait before a schedule is tried again that could not be submitted for a passing reason, in ms. */
export const tryAgainAfterMs = 300_000

/** The id of the schedule of a job in an org: there is one at most. */
export function scheduleId({ job, orgUrl }: Pick<Schedule, 'job' | 'orgUrl'>): string {
  return createHash('sha256')
    .update(JSON.stringify([orgUrl, job]))
    .digest('hex')
    .slice(0, 32)
}
