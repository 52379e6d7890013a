import type { Job } from '../job/job.ts'
import type { Verification } from '../job/verification.ts'
import { counted } from '../messages/counted.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import type { OktaUser } from '../okta/user.ts'
import { factorAges, type LeavingTime } from './factors.ts'

/** What an accepted call is verified by: the user's status or the enrolled factors. */
export type VerifiedBy = 'status' | 'factors'

/**
 * What the accepted call of a task is verified by; null if it is not verified. Nothing shows a reactivate. A step is
 * not verified if a later one leads the user elsewhere: then the later one is verified. A factor reset is verified only
 * as the last step. Rows of the same user wait for each other, so nothing of ours has happened since.
 *
 * @param later the actions of the row's later steps
 */
export function verifiedBy(
  { actions }: Pick<Verification, 'actions'>,
  action: Action,
  later: readonly Action[],
): VerifiedBy | null {
  if (actions === 'none' || (actions === 'deactivate' && action !== 'deactivate')) return null
  const { doubt } = ruleOf(action)
  const isOvertaken = later.some((one) => doubt !== 'status' || ruleOf(one).doubt === 'status')
  return doubt === 'nothing' || isOvertaken ? null : doubt
}

/**
 * How many reads verifying costs for each task of a job, for forecasts. If rows name their actions, this is a guess.
 */
export function verifyingReadsPerTask({
  verify,
  action,
  steps,
}: Pick<Job, 'verify' | 'action' | 'steps'>): number {
  const all = steps?.map((step) => step.action) ?? (action === null ? [] : [action])
  if (all.length === 0) return verify.actions === 'all' ? 1 : 0
  const verified = all.filter((one, index) => verifiedBy(verify, one, all.slice(index + 1)) === 'status')
  return verified.length / all.length
}

/**
 * Whether an accepted call holds, and what was seen.
 *
 * - `held`: the user is where the action leads.
 * - `in_transition`: the user is still on the way there.
 * - `not_held`: the user is not there and not on the way.
 * - `not_known`: what was seen does not answer the question.
 */
export interface Holding {
  readonly kind: 'held' | 'in_transition' | 'not_held' | 'not_known'
  readonly seen: string
}

/**
 * Whether an accepted call may have led to a status. An unsuspend leads back to the status before the suspension.
 * Recordings show that users in more than the documented statuses can be suspended, so it may be almost any.
 */
function leadsTo(action: Action, status: string): boolean {
  if (action === 'unsuspend') return status !== 'SUSPENDED' && status !== 'DEPROVISIONED'
  return ruleOf(action).target.some((name) => name === status)
}

/** Judges by the status, once a transition has ended or has been waited for long enough. */
export function judgeStatus(
  action: Action,
  user: Pick<OktaUser, 'status' | 'statusChanged' | 'transitioningToStatus'>,
): Holding {
  const { status, statusChanged, transitioningToStatus: to } = user
  const isHeld = leadsTo(action, status)
  if (to !== null && (isHeld || leadsTo(action, to)))
    return { kind: 'in_transition', seen: `user is ${status}, still in transition to ${to}` }
  if (isHeld) return { kind: 'held', seen: `is now ${status}` }
  const since = statusChanged === null ? '' : ` since ${statusChanged}`
  const onTheWay = to === null ? '' : `, in transition to ${to}`
  return { kind: 'not_held', seen: `user is ${status}${since}${onTheWay}` }
}

/**
 * Judges a factor reset by when the enrolled factors were created.
 *
 * @param factorTimes epoch ms; NaN for a factor without a time
 */
export function judgeFactors(call: LeavingTime, factorTimes: readonly number[]): Holding {
  const { before, around } = factorAges(call, factorTimes)
  if (before > 0)
    return {
      kind: 'not_held',
      seen: `${counted(before, 'factor')} from before the call ${before === 1 ? 'is' : 'are'} still enrolled`,
    }
  if (around > 0)
    return {
      kind: 'not_known',
      seen: `${counted(around, 'factor')} ${around === 1 ? 'was' : 'were'} enrolled at the time of the call`,
    }
  return {
    kind: 'held',
    seen: factorTimes.length === 0 ? 'no factor is enrolled' : 'all enrolled factors are newer than the call',
  }
}
