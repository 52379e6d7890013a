import { checkUserKey } from '../input/key/user-key.ts'
import type { InputRow } from '../input/row.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { excusedSteps } from '../rules/excused.ts'
import type { TaskResult } from '../rules/result.ts'
import { refusedResult } from '../rules/unsent-result.ts'
import { LinkClaims } from '../run/link-claims.ts'
import { rowsWithResults } from '../run/rows-with-results.ts'
import type { RunFile } from '../run/run-file.ts'
import { pendingTask } from './pending-task.ts'
import type { NotRead, ReportedTask, ReportRow } from './report-row.ts'

/**
 * The rows of a run in input order, each with what the journal says about its tasks.
 *
 * @param claims what the messages say about activation links; by default checked against the files as they are now
 */
export async function* reportRows(
  directory: string,
  run: RunFile,
  state: JournalState,
  claims?: LinkClaims,
): AsyncGenerator<ReportRow> {
  const links = claims ?? (await LinkClaims.of(run))
  const endedAt = state.executions.lastSign ?? run.created_at
  for await (const { input, results } of rowsWithResults(directory, run, state)) {
    const { row, user, cells } = input
    const actions = input.kind === 'valid' ? input.actions : [input.action]
    const due = input.kind === 'valid' ? input.due : null
    const tasks = results.map((result, index) => {
      if (result !== null) return { ...result, message: links.checked(result), ...timesOf(result, due) }
      // The result of such a row is known before its turn comes: nothing was ever to be sent for it.
      if (input.kind !== 'valid') return { ...refusedResult(input, endedAt), ...timesOfNone }
      const task = { row, step: index + 1, user, action: actions[index] ?? '' }
      const isLost = state.mayBeLostSince(task) !== null
      return { ...pendingTask(task, state.progressOf(task), isLost), due_at: timeOf(due) }
    })
    const excused = excusedSteps(
      tasks.map(({ result }) => result),
      run.job.steps,
    )
    const notRead = notReadOf(input, run.input.mapping.addresses ?? false)
    const dateCell = input.dateCell === undefined ? {} : { dateCell: input.dateCell }
    yield { row, cells, ...dateCell, tasks, excused, notRead }
  }
}

/** A row that is left out has no due time. */
const timesOfNone = { due_at: null, lag_seconds: null } as const

function timeOf(due: number | null): string | null {
  return due === null ? null : new Date(due).toISOString()
}

function timesOf(
  { result, finished_at: finished }: TaskResult,
  due: number | null,
): Pick<ReportedTask, 'due_at' | 'lag_seconds'> {
  const isConfirmed = due !== null && result === 'succeeded' && finished !== null
  return { due_at: timeOf(due), lag_seconds: isConfirmed ? (Date.parse(finished) - due) / 1000 : null }
}

/**
 * Whether a row could not be read, or was refused only because of the other rows: if it were fed again alone, a total
 * in a column of addresses would be taken for a short name.
 */
function notReadOf(input: InputRow, addresses: boolean): NotRead | null {
  if (input.kind !== 'invalid') return null
  const { raw, problems, user } = input
  const isUnread =
    raw !== null || problems.some(({ column, isUnread }) => column === null || isUnread === true)
  const check = addresses ? checkUserKey(user) : null
  const isShortName = check !== null && 'key' in check && check.kind === 'short_name'
  return isUnread || isShortName ? { raw } : null
}
