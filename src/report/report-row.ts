import type { Cell } from '../input/row.ts'
import { resultNames, type TaskResult } from '../rules/result.ts'

/** How a report says that a task ended: a result, or `not_run` where the run stopped first. */
export const reportedResults = [...resultNames, 'not_run'] as const
export type ReportedResult = (typeof reportedResults)[number]

/** A task without a result because the run stopped first. The fields that only a result fills are null, 0 or empty. */
export interface NotRun extends Omit<TaskResult, 'result'> {
  readonly result: 'not_run'
}

/** A row of the input with what became of it. Reports take the rows in input order, the tasks by step. */
export interface ReportRow {
  /** From 1, as in the input. */
  readonly row: number
  /** The row's own cells by column name. */
  readonly cells: ReadonlyMap<string, Cell>
  readonly tasks: readonly (TaskResult | NotRun)[]
}

/** The report's line for a task that was not run. */
export function notRun(row: number, step: number, user: string, action: string): NotRun {
  return {
    row,
    step,
    user,
    action,
    result: 'not_run',
    reason: null,
    status_before: null,
    status_after: null,
    http_status: null,
    error_code: null,
    message: '',
    attempts: 0,
    started_at: null,
    finished_at: null,
    okta_user_id: null,
    okta_login: null,
    okta_request_id: null,
  }
}

/**
 * Whether a row belongs into `failed.csv`: a task of it failed, is in doubt or was not run, or the row was passed over
 * because it could not be acted on or an earlier row of its user is in doubt.
 */
export function isWorthFeedingAgain(row: ReportRow): boolean {
  return row.tasks.some(
    ({ result, reason }) =>
      result === 'failed' ||
      result === 'in_doubt' ||
      result === 'not_run' ||
      reason === 'invalid_row' ||
      reason === 'in_doubt',
  )
}
