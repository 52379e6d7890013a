import { type Action, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { OktaUser } from '../okta/user.ts'

/** What to do with a user in a status: send the call, or end the task without it. */
export type Decision =
  | { readonly kind: 'send' }
  | { readonly kind: 'unchanged'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

/** What a decision depends on: the status, and what Okta itself offers for the user. */
export type Decided = Pick<OktaUser, 'status' | 'offered'>

/** A user whom an earlier attempt may be taking to another status. */
export type DecidedAgain = Decided & Pick<OktaUser, 'transitioningToStatus'>

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
 * @param cameLate whether an earlier attempt of the task may have been applied late and changed the status
 */
export function decideAfterRefusal(
  action: Action,
  status: UserStatus,
  refusal: string,
  cameLate: boolean,
): Exclude<Decision, { kind: 'send' }> | { readonly kind: 'succeeded'; readonly message: string } {
  const rule = ruleOf(action)
  if (cameLate && rule.target.includes(status)) return confirmedLate(status)
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
): Decision | { readonly kind: 'succeeded'; readonly message: string } {
  const { target, sentFrom } = ruleOf(action)
  const isOwnTarget = (status: string): boolean =>
    target.some((own) => own === status && !sentFrom.includes(own))
  const { status, transitioningToStatus: next } = user
  if (next === null) return isOwnTarget(status) ? confirmedLate(status) : decide(action, user)
  if (!isOwnTarget(next)) return decide(action, user)
  const { kind, message } = confirmedLate(status)
  return { kind, message: `${message}, still in transition to ${next}` }
}

function confirmedLate(status: UserStatus): { readonly kind: 'succeeded'; readonly message: string } {
  return {
    kind: 'succeeded',
    message: `confirmed late: an earlier attempt was applied after all, user is ${status}`,
  }
}

function wrongStatus(action: Action, status: UserStatus): string {
  return `user is ${status}; ${action} needs ${listOf(ruleOf(action).sentFrom)}`
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
