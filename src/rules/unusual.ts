import { sharedPart } from '../input/user-sample.ts'
import { counted } from '../messages/counted.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shownList } from '../messages/shown.ts'
import type { StopReason } from '../messages/stop.ts'
import type { JobInput, PastInput } from './past-input.ts'
import { tooManyNewcomers, tooManyUsers } from './too-many-users.ts'

/** Fewer runs than these tell nothing about what is usual. */
const fewestRuns = 5
/** From this part on, users of an older run are there again. */
const againPart = 0.3
/** So many users must be comparable for that. */
const fewestCompared = 10
/** Of fewer users, but at least so many, all must be there again. */
const fewestAgain = 3
/** So few repeated rows say nothing. */
const fewestRepeated = 10
/** How often earlier runs may have done such a thing until that counts as usual. */
const often = 0.1

/**
 * Judges an input by the job's earlier runs; null if it is usual. Ordinary nights differ: weekends are empty, quarters
 * end. So nothing is judged by an average.
 *
 * - **Too many users**: more than three times as many as the largest of at least 30 earlier inputs (of at least ten,
 *   four times; of at least five, five times), and more than 25. **Too many newcomers**: the same for the users who are
 *   not in the latest earlier input.
 * - **Old users**: at least 30% of the users (of three to nine users, all) were named by an older run, and the latest run
 *   named clearly fewer of them. A list that holds the same people each night resembles the latest run most, and the
 *   latest list sent once more too. A job whose inputs have often gone back like this is not judged by it.
 * - **Another table**: none of at least five earlier inputs had these columns in this order. So looks a list of the staff
 *   in place of that of the leavers, and one with the address of the manager under that of the leaver.
 * - **The same user again and again**: more rows repeat a user than there are users, at least ten, and earlier inputs
 *   were not like that.
 *
 * What an undo has taken back is no example for size, table and repetition: the same input again is unusual again.
 *
 * @param past the earlier runs, the oldest first
 */
export function findUnusual(present: JobInput, past: readonly PastInput[]): string | null {
  if (present.users === 0) return null
  const usual = past.filter(({ standing }) => standing === 'usual')
  return (
    tooManyUsers(present, usual) ??
    tooManyNewcomers(present, usual) ??
    oldUsers(present, past) ??
    otherTable(present, usual) ??
    sameUserAgain(present, usual)
  )
}

function oldUsers(present: JobInput, all: readonly PastInput[]): string | null {
  const past = withoutOldFilesTakenBack(all)
  const found = goesBackTo(present, past)
  if (found === null) return null
  const before = past.filter((run, index) => goesBackTo(run, past.slice(0, index)) !== null).length
  if (before > past.length * often) return null
  const { run, part, latest } = found
  return `about ${percent(part)} of the users were named by run ${run.run} of ${run.createdAt.slice(0, 10)} already, and about ${percent(latest)} by the latest run; this may be an old file`
}

/** An old file that was let pass and then taken back must not excuse itself when it comes again. */
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

/** The older run that an input resembles more than the latest one; null if there is none. */
function goesBackTo(present: JobInput, past: readonly PastInput[]): Back | null {
  const last = past.findLast(({ users }) => users > 0)
  if (last === undefined) return null
  const [fewest, needed] = present.users < fewestCompared ? [fewestAgain, 1] : [fewestCompared, againPart]
  const latest = sharedPart(present.sample, last.sample, fewest) ?? 0
  let found: Back | null = null
  for (const run of past) {
    if (run === last) continue
    const part = sharedPart(present.sample, run.sample, fewest)
    if (part === null || part < needed || part < latest * 2) continue
    if (found === null || part > found.part) found = { run, part, latest }
  }
  return found
}

function otherTable({ columns }: JobInput, past: readonly PastInput[]): string | null {
  const tables = past.flatMap((run) => (run.columns === null ? [] : [run.columns]))
  const latest = tables.at(-1)
  if (columns === null || latest === undefined || tables.length < fewestRuns) return null
  const names = JSON.stringify(columns)
  if (tables.some((table) => JSON.stringify(table) === names)) return null
  const changes = tables.filter(
    (table, index) => index > 0 && JSON.stringify(table) !== JSON.stringify(tables[index - 1]),
  )
  if (changes.length > tables.length * often) return null
  return `${describeChange(columns, latest)}; none of ${tables.length} earlier inputs of this job was like that, so this may be another list`
}

function describeChange(columns: readonly string[], latest: readonly string[]): string {
  const added = columns.filter((name) => !latest.includes(name))
  const gone = latest.filter((name) => !columns.includes(name))
  const said = [
    ...(added.length > 0 ? [`has ${shownList(added)}, which the latest run's did not have`] : []),
    ...(gone.length > 0 ? [`lacks ${shownList(gone)}, which the latest run's had`] : []),
  ]
  return said.length === 0
    ? "the table has its columns in another order than the latest run's"
    : `the table ${said.join(', and ')}`
}

function sameUserAgain({ users, repeatedRows }: JobInput, past: readonly PastInput[]): string | null {
  const judged = past.filter((run) => run.users > 0 && run.repeatedRows !== null)
  if (judged.length < fewestRuns || repeatedRows === null || !isRepetitive(users, repeatedRows)) return null
  const before = judged.filter((run) => isRepetitive(run.users, run.repeatedRows ?? 0)).length
  if (before > judged.length * often) return null
  return `${counted(repeatedRows, 'row')} repeat ${counted(users, 'user')}; earlier inputs of this job were not like that, so the column of the user may be wrong`
}

function isRepetitive(users: number, repeatedRows: number): boolean {
  return repeatedRows >= fewestRepeated && repeatedRows > users
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
