import type { InvalidRow, NotSelectedRow } from '../input/row.ts'
import type { SkipReason, TaskResult } from './result.ts'

/** A task that was not sent, and why. */
export interface UnsentTask extends Pick<TaskResult, 'row' | 'step' | 'user' | 'action' | 'message'> {
  readonly reason: SkipReason
}

/**
 * The result of a task for which nothing was sent. Fields that need an answer are null.
 *
 * @param now RFC 3339 UTC
 */
export function unsentResult(
  { row, step, user, action, reason, message }: UnsentTask,
  now: string,
): TaskResult {
  return {
    row,
    step,
    user,
    action,
    result: 'skipped',
    reason,
    status_before: null,
    status_after: null,
    http_status: null,
    error_code: null,
    message,
    attempts: 0,
    started_at: now,
    finished_at: now,
    okta_user_id: null,
    okta_login: null,
    okta_request_id: null,
  }
}

/**
 * The result of a row that can't be acted on.
 *
 * @param now RFC 3339 UTC
 */
export function invalidResult(row: InvalidRow | NotSelectedRow, now: string): TaskResult {
  const message = row.problems
    .map((problem) => (problem.column === null ? problem.message : `${problem.column}: ${problem.message}`))
    .join('; ')
  const { row: number, user, action } = row
  const task = { row: number, step: 1, user, action, reason: 'invalid_row', message } as const
  return unsentResult(task, now)
}
