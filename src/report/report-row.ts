import type { Cell } from '../input/row.ts'
import { parseAction, ruleOf } from '../okta/actions.ts'
import { resultNames, type TaskResult } from '../rules/result.ts'

/**
 * How a report says that a task ended: its result or, for a task without one, `not_run` (the run stopped first, and no
 * call is open) or `unsettled` (a call was sent and its outcome is not known yet; `resume` settles it).
 */
export const reportedResults = [...resultNames, 'not_run', 'unsettled'] as const
export type ReportedResult = (typeof reportedResults)[number]

/** A task in a report. Fields that only a result fills are null, 0 or empty for a task without one. */
export interface ReportedTask extends Omit<TaskResult, 'result'> {
  readonly result: ReportedResult
  /** When the row was due, RFC 3339 UTC; null if the job gives no dates. */
  readonly due_at: string | null
  /** Seconds from there to the confirmation that the action was applied; null if it was not. */
  readonly lag_seconds: number | null
}

/** A row of the input with its tasks. Reports show the rows in input order and the tasks by step. */
export interface ReportRow {
  /** From 1, as in the input. */
  readonly row: number
  /** The row's own cells by column name. */
  readonly cells: ReadonlyMap<string, Cell>
  readonly tasks: readonly ReportedTask[]
  /** Set for a row that nobody could read. */
  readonly notRead: NotRead | null
}

/** A row as it stood in the input, when it could not be read or can't be judged alone. */
export interface NotRead {
  /** The cells as they were read, not cut or padded; null if they fit the columns. */
  readonly raw: readonly string[] | null
}

/**
 * Whether a row belongs in `failed.csv`: one of its tasks failed, is in doubt or was not run, or was skipped because
 * the row is bad or an earlier row of its user is in doubt.
 *
 * A row with an unsettled task never belongs there: its call may have been applied, and feeding the row again would
 * send it a second time. Nor does a row in doubt about a call that leaves no trace in the user's status.
 */
export function isWorthFeedingAgain({ tasks }: ReportRow): boolean {
  if (tasks.some((task) => task.result === 'unsettled' || isBlindDoubt(task))) return false
  return tasks.some(
    ({ result, reason }) =>
      result === 'failed' ||
      result === 'in_doubt' ||
      result === 'not_run' ||
      reason === 'invalid_row' ||
      reason === 'in_doubt',
  )
}

/**
 * Whether the task is in doubt about an action that does not change the status: feeding it again would send it again.
 */
function isBlindDoubt({ result, action }: ReportedTask): boolean {
  if (result !== 'in_doubt') return false
  const known = parseAction(action)
  return known === null || ruleOf(known).doubt !== 'status'
}
