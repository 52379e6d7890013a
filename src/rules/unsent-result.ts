import type { InvalidRow, NotSelectedRow } from '../input/row.ts'
import { unlessSecret } from '../messages/secret-like.ts'
import type { Reason, SkipReason, TaskResult } from './result.ts'

/** A task that was not sent, and why. */
export interface UnsentTask extends Pick<TaskResult, 'row' | 'step' | 'user' | 'action' | 'message'> {
  readonly reason: SkipReason
}

/**
 * The result of a skipped task. Fields that need an answer are null.
 *
 * @param now RFC 3339 UTC
 */
export function unsentResult({ reason, ...task }: UnsentTask, now: string): TaskResult {
  return endedUnsent(task, 'skipped', reason, now)
}

/**
 * The result of a task that was skipped or failed before anything was sent. Fields that need an answer are null.
 *
 * @param now RFC 3339 UTC
 */
export function endedUnsent(
  { row, step, user, action, message }: Omit<UnsentTask, 'reason'>,
  result: 'skipped' | 'failed' | 'in_doubt',
  reason: Reason | null,
  now: string,
): TaskResult {
  return {
    row,
    step,
    user,
    action,
    result,
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
 * The result of a row that can't be acted on, or that the job does not select.
 *
 * @param now RFC 3339 UTC
 */
export function refusedResult(row: InvalidRow | NotSelectedRow, now: string): TaskResult {
  const message = row.problems
    .map((problem) =>
      problem.column === null ? problem.message : `${unlessSecret(problem.column)}: ${problem.message}`,
    )
    .join('; ')
  const { row: number, user, action } = row
  const reason = row.kind === 'invalid' ? 'invalid_row' : 'not_selected'
  const task = { row: number, step: 1, user, action, reason, message } as const
  return unsentResult(task, now)
}
