import { looksLikeUserId } from '../okta/user.ts'
import type { TaskResult } from '../rules/result.ts'
import type { Ending } from './ending.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/**
 * Builds a task's result for the journal and the reports.
 *
 * @param now RFC 3339 UTC
 */
export function buildResult(task: TaskInput, ending: Ending, history: TaskHistory, now: string): TaskResult {
  const { lastWord } = history
  // Whoever was shown for a name that was not judged may not be whom the row means. The row's next turn judges that.
  const user = task.unjudged === undefined ? history.user : null
  return {
    row: task.row,
    step: task.step,
    user: task.userKey,
    action: task.action,
    result: ending.result,
    reason: ending.reason ?? null,
    status_before: history.statusBefore,
    status_after: ending.statusAfter ?? null,
    http_status: lastWord?.httpStatus ?? null,
    error_code: lastWord?.errorCode ?? null,
    message: ending.message,
    attempts: history.attempts - history.unsent,
    started_at: history.startedAt,
    // If an earlier process began the task, the start is by that process's estimate of Okta's clock.
    finished_at: now < history.startedAt ? history.startedAt : now,
    // Without reads, a key in the form of an id counts as one.
    okta_user_id: user?.id ?? (looksLikeUserId(task.target) ? task.target : null),
    okta_login: user?.login === '' ? null : (user?.login ?? null),
    okta_request_id: lastWord?.requestId ?? null,
    ...(ending.verified === undefined ? {} : { verified: ending.verified }),
    ...(ending.activationLink === undefined ? {} : { activation_link: ending.activationLink }),
  }
}
