import { type Action, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { OktaUser } from '../okta/user.ts'
import { byOthers, isMuchLater } from './doubt.ts'

/** What to do with a user in a status: send the call, or end the task without it. */
export type Decision =
  | { readonly kind: 'send' }
  | { readonly kind: 'unchanged'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

/** What a decision depends on: the status, and what Okta itself offers for the user. */
export type Decided = Pick<OktaUser, 'status' | 'offered'>

/** A user whom an earlier attempt may be taking to another status. */
export type DecidedAgain = Decided & Pick<OktaUser, 'transitioningToStatus' | 'statusChanged'>

/** A call that was judged not applied. */
export interface EarlierAttempt {
  /** When it could have been under way at the latest, in epoch ms by Okta's clock; infinite if that is not known. */
  readonly underWayUntil: number
}

/** A task that an earlier attempt has carried out after all. */
interface ConfirmedLate {
  readonly kind: 'succeeded'
  readonly message: string
}

/**
 * Decides by the table of actions, before anything is sent. If Okta offers an action that the table refuses, Okta knows
 * better. But what Okta does not offer may still be allowed, such as the deactivation of a STAGED user.
 */
export function decide(action: Action, { status, offered }: Decided): Decision {
  const rule = ruleOf(action)
  if (rule.sentFrom.includes(status)) return { kind: 'send' }
  if (rule.unchangedIn.includes(status)) return { kind: 'unchanged', message: `user is already ${status}` }
  if (offered.includes(action)) return { kind: 'send' }
  return { kind: 'failed', message: wrongStatus(action, status) }
}

/**
 * Decides the result of a refused call from the status that the user has now.
 *
 * @param refusal Okta's own words, for refusals that the status does not explain
 * @param earlier an attempt of the task that may have been applied late and changed the status; null if there is none
 */
export function decideAfterRefusal(
  action: Action,
  user: Pick<OktaUser, 'status' | 'statusChanged'>,
  refusal: string,
  earlier: EarlierAttempt | null,
): Exclude<Decision, { kind: 'send' }> | ConfirmedLate {
  const rule = ruleOf(action)
  const { status } = user
  if (earlier !== null && rule.target.includes(status)) return confirmedLate(user, earlier)
  if (rule.unchangedAfterRefusalIn.includes(status)) {
    return { kind: 'unchanged', message: `user is ${status} already; ${refusal}` }
  }
  if (rule.sentFrom.includes(status)) return { kind: 'failed', message: `user is ${status}; ${refusal}` }
  return { kind: 'failed', message: `${wrongStatus(action, status)}; ${refusal}` }
}

/**
 * Decides like {@link decide}, for a task with an earlier attempt that was judged not applied. If the user is at the
 * target by now, or on the way there, that attempt was applied late.
 */
export function decideAgain(
  action: Action,
  user: DecidedAgain,
  earlier: EarlierAttempt,
): Decision | ConfirmedLate {
  const { target, sentFrom } = ruleOf(action)
  const isOwnTarget = (status: string): boolean =>
    target.some((own) => own === status && !sentFrom.includes(own))
  const { status, transitioningToStatus: next } = user
  if (next === null) return isOwnTarget(status) ? confirmedLate(user, earlier) : decide(action, user)
  if (!isOwnTarget(next)) return decide(action, user)
  const message = `confirmed late: an earlier attempt was applied after all, user is ${status}, still in transition to ${next}`
  return { kind: 'succeeded', message }
}

function confirmedLate(
  user: Pick<OktaUser, 'status' | 'statusChanged'>,
  earlier: EarlierAttempt,
): ConfirmedLate {
  const { status, statusChanged } = user
  const message = isMuchLater(earlier, user)
    ? `confirmed late: user is ${status} since ${statusChanged}, ${byOthers}`
    : `confirmed late: an earlier attempt was applied after all, user is ${status}`
  return { kind: 'succeeded', message }
}

function wrongStatus(action: Action, status: UserStatus): string {
  return `user is ${status}; ${action} needs ${listOf(ruleOf(action).sentFrom)}`
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
