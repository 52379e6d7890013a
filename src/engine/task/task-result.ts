import type { Action } from '../../okta/actions.ts'
import type { OktaUser } from '../../okta/user.ts'
import type { TaskResult } from '../../rules/result.ts'
import type { Ending, LastWord } from './ending.ts'

/** What was found out about a task beside how it ended. */
export interface TaskFacts {
  /** The user as last seen; null where it never was. */
  readonly user: OktaUser | null
  /** Whether the target may stand as the user's id though the user was never read. */
  readonly unreadId: boolean
  readonly statusBefore: string | null
  readonly lastWord: LastWord | null
  readonly attempts: number
  readonly startedAt: string
}

/** Puts a task's result together, as it is journalled and reported. */
export function buildResult(
  task: {
    readonly row: number
    readonly step: number
    readonly userKey: string
    readonly action: Action
    readonly target: string
  },
  ending: Ending,
  facts: TaskFacts,
): TaskResult {
  const { user, lastWord } = facts
  return {
    row: task.row,
    step: task.step,
    user: task.userKey,
    action: task.action,
    result: ending.result,
    reason: ending.reason ?? null,
    status_before: facts.statusBefore,
    status_after: ending.statusAfter ?? null,
    http_status: lastWord?.httpStatus ?? null,
    error_code: lastWord?.errorCode ?? null,
    message: ending.message,
    attempts: facts.attempts,
    started_at: facts.startedAt,
    finished_at: new Date().toISOString(),
    okta_user_id: user?.id ?? (facts.unreadId ? task.target : null),
    okta_login: user?.login ?? null,
    okta_request_id: lastWord?.requestId ?? null,
  }
}
