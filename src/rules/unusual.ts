import { sharedPart, type UserSample } from '../input/user-sample.ts'
import { counted } from '../messages/counted.ts'
import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'

/** What an input of a job came to: the users with a row that is selected and due. */
export interface JobInput {
  readonly users: number
  readonly sample: UserSample
}

/** The input of an earlier run of the same job in the same org. */
export interface PastInput extends JobInput {
  readonly run: string
  /** RFC 3339 UTC. */
  readonly createdAt: string
}

/** Fewer runs than these tell nothing about what is usual. */
const fewestRuns = 5
/** So few users are never too many. */
const neverTooMany = 25
/** So many users must be comparable before anything is said about who they are. */
const fewestCompared = 10
/** From this part on, users of an older run are there again. */
const againPart = 0.3
/** How often an earlier run may have gone back to old users until that counts as usual. */
const oftenBack = 0.1

/**
 * How many times the largest earlier input is still usual. The largest of few nights says less about the largest of
 * many.
 */
function toleratedGrowth(runs: number): number {
  if (runs < 10) return 5
  return runs < 30 ? 4 : 3
}

/**
 * Judges an input by the job's earlier runs; null if it is usual. Ordinary nights differ: weekends are empty, quarters
 * end. So nothing is judged by an average.
 *
 * - **Too many users**: more than three times as many as the largest of at least 30 earlier inputs (of at least ten,
 *   four times; of at least five, five times), and more than 25.
 * - **Old users**: at least 30% of the users were named by an older run, and the latest run named clearly fewer of them.
 *   A list that holds the same people each night resembles the latest run most, and the latest list sent once more
 *   too. A job whose inputs have often gone back like this is not judged by it.
 *
 * @param past the earlier runs, the oldest first
 */
export function findUnusual(present: JobInput, past: readonly PastInput[]): string | null {
  return tooManyUsers(present, past) ?? oldUsers(present, past)
}

function tooManyUsers(present: JobInput, past: readonly PastInput[]): string | null {
  const worked = past.filter(({ users }) => users > 0)
  if (worked.length < fewestRuns || present.users <= neverTooMany) return null
  const largest = worked.reduce((most, { users }) => Math.max(most, users), 0)
  const growth = toleratedGrowth(worked.length)
  if (present.users <= largest * growth) return null
  return `the input names ${counted(present.users, 'user')} to act on; in ${worked.length} earlier runs of this job it was ${largest} at most, and more than ${growth} times as many is unusual`
}

function oldUsers(present: JobInput, past: readonly PastInput[]): string | null {
  const found = goesBackTo(present, past)
  if (found === null) return null
  const before = past.filter((run, index) => goesBackTo(run, past.slice(0, index)) !== null).length
  if (before > past.length * oftenBack) return null
  const { run, part, latest } = found
  return `about ${percent(part)} of the users were named by run ${run.run} of ${run.createdAt.slice(0, 10)} already, and about ${percent(latest)} by the latest run; this may be an old file`
}

interface Back {
  readonly run: PastInput
  readonly part: number
  /** The part that the latest run named. */
  readonly latest: number
}

/** The older run that an input resembles more than the latest one; null if there is none. */
function goesBackTo(present: JobInput, past: readonly PastInput[]): Back | null {
  const last = past.findLast(({ users }) => users > 0)
  if (last === undefined) return null
  const latest = sharedPart(present.sample, last.sample, fewestCompared) ?? 0
  let found: Back | null = null
  for (const run of past) {
    if (run === last) continue
    const part = sharedPart(present.sample, run.sample, fewestCompared)
    if (part === null || part < againPart || part < latest * 2) continue
    if (found === null || part > found.part) found = { run, part, latest }
  }
  return found
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`
}

/** Stops the run before the first call. */
export function stopForUnusual(finding: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The input is unusual for this job: ${finding}.`,
    advice: { kind: 'flags', flags: '--accept-unusual' },
  }
}
