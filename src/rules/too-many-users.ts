import { actionsByUser, comparableHashes } from '../input/user-sample.ts'
import { counted } from '../messages/counted.ts'
import type { JobInput, PastInput } from './past-input.ts'

/** Fewer inputs than this say nothing about how many users are usual. */
const fewestRuns = 5
/** Up to this many users are never too many. */
const neverTooMany = 25

/**
 * Up to how many times the size of the largest earlier input is usual. The largest of a few nights says less than the
 * largest of many.
 */
function toleratedGrowth(runs: number): number {
  if (runs < 10) return 5
  return runs < 30 ? 4 : 3
}

/** Why an input has too many users in all; null if there are not too many. */
export function tooManyUsers(present: JobInput, past: readonly PastInput[]): string | null {
  const worked = past.filter(({ users }) => users > 0)
  const largest = worked.reduce((most, { users }) => Math.max(most, users), 0)
  if (!isTooMany(present.users, largest, worked.length)) return null
  return `the input names ${counted(present.users, 'user')} to act on; ${describeUsual(largest, worked.length)}`
}

/**
 * Why too many of an input's users are new: the latest earlier input did not name them, or named them for other
 * actions. Null if there are not too many. In a file that lists everybody and keeps finished rows, the total would hide
 * an unusual night from {@link tooManyUsers}.
 */
export function tooManyNewcomers(present: JobInput, past: readonly PastInput[]): string | null {
  const worked = past.filter(({ users }) => users > 0)
  const [first, second] = worked
  const last = worked.at(-1)
  if (first === undefined || second === undefined || last === undefined) return null
  const earlier = worked.slice(1).map((run, index) => newcomersSince(worked[index] ?? first, run).atMost)
  // Nobody knows how many users of the first input were new: at most those who are gone from the second, because they
  // did not stay.
  const largest = Math.round(Math.max(newcomersSince(second, first).atMost, ...earlier))
  const { atLeast, isExact } = newcomersSince(last, present)
  const now = Math.round(atLeast)
  if (!isTooMany(now, largest, earlier.length)) return null
  const about = isExact ? '' : 'at least '
  return `${about}${counted(now, 'user')} to act on were not in the input of the latest run, or were there for other actions; ${describeUsual(largest, earlier.length)}`
}

function isTooMany(users: number, largest: number, runs: number): boolean {
  return runs >= fewestRuns && users > neverTooMany && users > largest * toleratedGrowth(runs)
}

function describeUsual(largest: number, runs: number): string {
  return `in ${runs} earlier runs of this job there were at most ${largest}, and more than ${toleratedGrowth(runs)} times as many is unusual`
}

/** A number of users between two bounds, because samples can be too small to tell it exactly. */
interface Newcomers {
  readonly atLeast: number
  readonly atMost: number
  readonly isExact: boolean
}

/**
 * How many users of an input were not in the one before, or were there for other actions. If a sample holds only some
 * of them, each bound is three standard deviations away from their number, and what can't be told at all counts for
 * nothing: it must not stop an ordinary night.
 */
function newcomersSince(before: JobInput, { users, sample }: JobInput): Newcomers {
  const hashes = comparableHashes(sample, before.sample)
  const comparable = hashes.length
  const [now, then] = [actionsByUser(sample), actionsByUser(before.sample)]
  const isKnown = (hash: number): boolean => {
    const [action, earlier] = [now.get(hash), then.get(hash)]
    return earlier !== undefined && (earlier === null || action === null || earlier === action)
  }
  const fresh = hashes.filter((hash) => !isKnown(hash)).length
  const isExact = sample.whole && comparable === sample.hashes.length
  if (isExact) return { atLeast: fresh, atMost: fresh, isExact }
  if (comparable === 0) return { atLeast: 0, atMost: users, isExact }
  const deviation = 3 * Math.sqrt(fresh)
  // Even if none of the sample is new, a few of all users may be.
  const most = Math.min(comparable, fresh + deviation + 3)
  return {
    atLeast: (users * Math.max(0, fresh - deviation)) / comparable,
    atMost: (users * most) / comparable,
    isExact,
  }
}
