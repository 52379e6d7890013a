import type { Cell } from '../input/row.ts'
import { parseAction, ruleOf } from '../okta/actions.ts'
import { resultNames, type TaskResult } from '../rules/result.ts'

/**
 * How a report says that a task ended: its result, or for a task without one `not_run` (the run stopped first, and
 * nothing of it is open) or `unsettled` (a call was sent, and nobody knows yet what became of it; `resume` settles it).
 */
export const reportedResults = [...resultNames, 'not_run', 'unsettled'] as const
export type ReportedResult = (typeof reportedResults)[number]

/** A task as reports show it. Fields that only a result fills are null, 0 or empty for a task without one. */
export interface ReportedTask extends Omit<TaskResult, 'result'> {
  readonly result: ReportedResult
}

/** A row of the input with what became of it. Reports take the rows in input order, the tasks by step. */
export interface ReportRow {
  /** From 1, as in the input. */
  readonly row: number
  /** The row's own cells by column name. */
  readonly cells: ReadonlyMap<string, Cell>
  readonly tasks: readonly ReportedTask[]
}

/**
 * Whether a row belongs into `failed.csv`: a task of it failed, is in doubt or was not run, or the row was passed over
 * because it could not be acted on or an earlier row of its user is in doubt.
 *
 * A row with an unsettled task never does: its call may have been applied, and fed again it would be sent a second time.
 * Nor does one in doubt about a call that nothing on the user shows.
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

/** In doubt about an action that leaves the status as it is: fed again, it would be sent again. */
function isBlindDoubt({ result, action }: ReportedTask): boolean {
  if (result !== 'in_doubt') return false
  const known = parseAction(action)
  return known === null || ruleOf(known).doubt !== 'status'
}
