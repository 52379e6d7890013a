import type { UserStatus } from '../okta/status.ts'
import type { OktaUser } from '../okta/user.ts'
import { type Expectation, wouldSend } from './expectation.ts'
import type { GuardVerdict } from './guards.ts'

/** A user as a plan found it. */
interface SeenUser {
  readonly id: string
  readonly status: UserStatus
  /** The time of the last change of status, in Okta's own form; null if it never changed. */
  readonly status_changed: string | null
}

/** What a saved plan says about one task. */
export interface PlannedFacts {
  readonly expected: Expectation
  readonly reason: string | null
  /** Null if the plan read nobody. */
  readonly seen: SeenUser | null
}

/** The saved plan that a run carries out. */
export interface PlanToFollow {
  /** What the plan says about the tasks of a row, by step. */
  of(row: number): Promise<readonly PlannedFacts[]>
}

/** A user as a task finds it now. */
type FoundNow = Pick<OktaUser, 'id' | 'login' | 'status' | 'statusChanged'>

/**
 * Compares a user with the plan. Null if the user is as the plan found it, or as the run's own calls have left it.
 *
 * @param ledTo the statuses that the last applied task of the user may have led to; null if no task of this run changed
 *   it
 */
export function judgeAgainstPlan(
  { seen, expected, reason }: PlannedFacts,
  user: FoundNow,
  ledTo: readonly UserStatus[] | null,
): GuardVerdict | null {
  if (seen === null) {
    return (
      judgeSendingByPlan({ expected, reason }) ??
      changed(`the plan could not read this user, so there is nothing to compare ${user.login} with`)
    )
  }
  if (seen.id !== user.id) {
    return changed(`the key led to user ${seen.id} in the plan and now leads to ${user.id} (${user.login})`)
  }
  if (ledTo !== null) {
    if (ledTo.includes(user.status)) return null
    return changed(
      `an earlier task of this run left the user ${ledTo.join(' or ')}, but now the user is ${asOf(user.status, user.statusChanged)}`,
    )
  }
  if (seen.status === user.status && seen.status_changed === user.statusChanged) return null
  const before = asOf(seen.status, seen.status_changed)
  return changed(`user was ${before} in the plan and is now ${asOf(user.status, user.statusChanged)}`)
}

/** Keeps a task from being sent if the plan did not expect that. Null if it may be sent. */
export function judgeSendingByPlan({
  expected,
  reason,
}: Pick<PlannedFacts, 'expected' | 'reason'>): GuardVerdict | null {
  if (wouldSend(expected)) return null
  return changed(
    `the plan sends nothing here: it expected ${expected}${reason === null ? '' : ` (${reason})`}`,
  )
}

function changed(message: string): GuardVerdict {
  return { reason: 'changed_since_plan', message }
}

function asOf(status: UserStatus, statusChanged: string | null): string {
  return `${status} (${statusChanged === null ? 'never changed' : `since ${statusChanged}`})`
}
