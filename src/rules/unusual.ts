import { counted } from '../messages/counted.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shownList } from '../messages/shown.ts'
import type { StopReason } from '../messages/stop.ts'
import { often, oldUsers } from './old-users.ts'
import type { JobInput, PastInput } from './past-input.ts'
import { tooManyNewcomers, tooManyUsers } from './too-many-users.ts'

/** Fewer runs than this say nothing about what is usual. */
const fewestRuns = 5
/** Fewer repeated rows than this say nothing. */
const fewestRepeated = 10
/**
 * Judges an input by the job's earlier runs; null if it is usual. Ordinary nights differ: weekends are empty, quarters
 * end. So nothing is judged by an average.
 *
 * - **Too many users**: more than three times as many as the largest of at least 30 earlier inputs (of at least ten,
 *   four times; of at least five, five times), and more than 25. **Too many newcomers**: the same for the users who are
 *   not in the latest earlier input.
 * - **Old users**: at least 30% of the users (of three to nine users, all) were named by an older run for the same
 *   actions, and the latest run named clearly fewer of them. A user whom a later run named for other actions may come
 *   again: someone who was unsuspended in between may be suspended once more. A list that holds the same people each
 *   night resembles the latest run most, and so does the latest list if it is sent once more. If a job's inputs have
 *   often gone back like this, it is not unusual for that job.
 * - **Another table**: none of at least five earlier inputs had these columns in this order. A list of the staff in
 *   place of the leavers looks like this, and so does one in which the columns of leaver and manager were swapped.
 * - **The same user again and again**: more rows repeat a user than there are users, at least ten, and earlier inputs
 *   were not like that.
 *
 * A run that did not come to its end, and one that an undo has taken back, are not examples of size, table and
 * repetition. But their users count as old: they may have been acted on.
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
  return `${counted(repeatedRows, 'row')} repeat ${counted(users, 'user')}; earlier inputs of this job were not like that, so the user column may be wrong`
}

function isRepetitive(users: number, repeatedRows: number): boolean {
  return repeatedRows >= fewestRepeated && repeatedRows > users
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
