import { standingOf, type TaskProgress } from '../journal/task-progress.ts'
import { looksLikeUserId } from '../okta/user.ts'
import type { ReportedTask } from './report-row.ts'

type Place = Pick<ReportedTask, 'row' | 'step' | 'user' | 'action'>

const mayBeLost = 'may have been sent in the part of the journal that was lost: resume looks it up'

/**
 * Reports a task without a result.
 *
 * - Nothing was ever sent for it → `not_run`.
 * - Its call was sent and the outcome is not known → `unsettled`, with the time of sending and the reason for the
 *   doubt.
 * - Okta accepted it → `succeeded`, not verified yet, because the answer is on disk.
 * - It was certainly not applied and still had to be sent again or decided → `not_run`, with its attempts.
 *
 * @param lost whether a part of the journal is gone, in which any task may have been sent
 * @param progress null if nothing was sent
 */
export function pendingTask(task: Place, progress: TaskProgress | null, lost = false): ReportedTask {
  if (progress === null) {
    if (!lost) return { ...blank(task), result: 'not_run' }
    return { ...blank(task), result: 'unsettled', message: mayBeLost }
  }
  const { last, attempts, unsent, startedAt, statusBefore } = progress
  const { user_id: userId, login } = last.intent
  const known: ReportedTask = {
    ...blank(task),
    result: 'not_run',
    attempts: attempts - unsent,
    started_at: startedAt,
    status_before: statusBefore,
    okta_user_id: looksLikeUserId(userId) ? userId : null,
    okta_login: login,
  }
  if (lost && (last.kind === 'refused' || last.kind === 'not_applied'))
    return { ...known, result: 'unsettled', message: mayBeLost }
  if (last.kind !== 'open' && standingOf(progress) === 'open') {
    return {
      ...known,
      result: 'unsettled',
      message: 'an earlier call may have been applied, and another was still to be sent: resume goes on',
    }
  }
  switch (last.kind) {
    case 'open': {
      const why = last.doubt?.why ?? 'the run was cut off before the answer was recorded'
      const sent = new Date(last.doubt?.sent_okta_time ?? last.intent.okta_time).toISOString()
      return {
        ...known,
        result: 'unsettled',
        message: `sent at ${sent}; not known yet whether it was applied (${why}); resume settles it`,
      }
    }
    case 'applied':
      return {
        ...known,
        ...wordsOf(last.answer),
        result: 'succeeded',
        message: `${last.answer.message}; not verified yet`,
      }
    case 'refused':
      return { ...known, ...wordsOf(last.answer), message: `not applied so far: ${last.answer.message}` }
    case 'not_applied':
      return { ...known, message: 'not applied so far' }
  }
}

function wordsOf(answer: {
  readonly http_status: number | null
  readonly error_code: string | null
  readonly request_id: string | null
}): Pick<ReportedTask, 'http_status' | 'error_code' | 'okta_request_id'> {
  return {
    http_status: answer.http_status,
    error_code: answer.error_code,
    okta_request_id: answer.request_id,
  }
}

function blank({ row, step, user, action }: Place): Omit<ReportedTask, 'result'> {
  return {
    row,
    step,
    user,
    action,
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
    due_at: null,
    lag_seconds: null,
  }
}
