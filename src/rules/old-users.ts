import { actionsByUser, comparableHashes, sharedPart, type UserSample } from '../input/user-sample.ts'
import type { JobInput, PastInput } from './past-input.ts'

/** At least this fraction of an older run's users must be named again. */
const againPart = 0.3
/** At least this many users must be comparable for that. */
const fewestCompared = 10
/** In an input with fewer users, at least this many must be comparable, and all must be named again. */
const fewestAgain = 3
/** If more than this fraction of the earlier runs did something, it counts as usual. */
export const often = 0.1

/**
 * Why an input looks like an old file: it again names people of an older file, for the same actions. Null if it does
 * not.
 */
export function oldUsers(present: JobInput, all: readonly PastInput[]): string | null {
  const past = withoutOldFilesTakenBack(all)
  const found = goesBackTo(present, past)
  if (found === null) return null
  const before = past.filter((run, index) => goesBackTo(run, past.slice(0, index)) !== null).length
  if (before > past.length * often) return null
  const { run, part, latest } = found
  return `about ${percent(part)} of the users were already named by run ${run.run} of ${run.createdAt.slice(0, 10)}, and about ${percent(latest)} by the latest run; this may be an old file`
}

/** An old file that was accepted and then taken back must not excuse the same file when it comes again. */
function withoutOldFilesTakenBack(past: readonly PastInput[]): readonly PastInput[] {
  const kept: PastInput[] = []
  for (const run of past) {
    if (run.standing !== 'taken_back' || goesBackTo(run, kept) === null) kept.push(run)
  }
  return kept
}

interface Back {
  readonly run: PastInput
  readonly part: number
  /** The part that the latest run named. */
  readonly latest: number
}

/** The older run that an input resembles most, if clearly more than the latest run; null if there is none. */
function goesBackTo(present: JobInput, past: readonly PastInput[]): Back | null {
  const worked = past.filter(({ users }) => users > 0)
  const last = worked.at(-1)
  if (last === undefined) return null
  const [fewest, needed] = present.users < fewestCompared ? [fewestAgain, 1] : [fewestCompared, againPart]
  const latest = sharedPart(present.sample, last.sample, fewest) ?? 0
  const named = new NamedBefore(present.sample)
  let found: Back | null = null
  for (const run of worked.toReversed()) {
    const part = named.again(run.sample, fewest)
    if (run === last || part === null || part < needed || part < latest * 2) continue
    if (found === null || part > found.part) found = { run, part, latest }
  }
  return found
}

/** Compares the users of an input with earlier runs, the latest first. */
class NamedBefore {
  readonly #sample: UserSample
  readonly #actions: ReadonlyMap<number, number | null>
  /** Users whom one of the runs so far has named for other actions. */
  readonly #changed = new Set<number>()

  constructor(sample: UserSample) {
    this.#sample = sample
    this.#actions = actionsByUser(sample)
  }

  /**
   * The fraction of the users whom a run named for the same actions, and whom no later run named for others; null if
   * too few can be compared. If the actions are not known on one side, only the users are compared.
   */
  again(within: UserSample, fewest: number): number | null {
    const others = actionsByUser(within)
    const comparable = comparableHashes(this.#sample, within)
    let count = 0
    for (const hash of comparable) {
      const before = others.get(hash)
      if (before === undefined) continue
      const now = this.#actions.get(hash) ?? null
      if (before !== null && now !== null && before !== now) this.#changed.add(hash)
      else if (!this.#changed.has(hash)) count++
    }
    return comparable.length < fewest ? null : count / comparable.length
  }
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`
}
