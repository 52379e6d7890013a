import { type Action, ruleOf } from '../okta/actions.ts'
import type { OktaUser } from '../okta/user.ts'

/** What was known when the attempt was sent. */
export interface DoubtfulAttempt {
  /** Epoch milliseconds by Okta's clock, not later than the attempt left. */
  readonly oktaTime: number
  /** The same, not earlier than the attempt left. */
  readonly oktaTimeAtMost: number
  /** Null where no read came before. */
  readonly status: string | null
  readonly statusChanged: string | null
  /** Nothing is known of the attempt but that it may have been made since `oktaTime`. */
  readonly lost: boolean
}

/** What Okta shows now. `factorTimes` (epoch ms; NaN where Okta names none) is looked up for reset_factors alone. */
export interface Observation {
  readonly user: Pick<OktaUser, 'status' | 'statusChanged' | 'transitioningToStatus'>
  readonly factorTimes: readonly number[] | null
}

/**
 * What became of an attempt in doubt, and what that rests on.
 *
 * - `applied`: it was, or Okta is on its way there.
 * - `not_applied`: it was not; sending again is safe.
 * - `someone_else`: the user is neither where our call leads nor where it was: someone else acted too.
 * - `unknown`: nothing that Okta shows can tell.
 */
export interface Verdict {
  readonly kind: 'applied' | 'not_applied' | 'someone_else' | 'unknown'
  readonly evidence: string
}

/** From an intent to its bytes on the wire, with all that may come in between: a slow disk, a connection to be made. */
const sendingMarginMs = 15_000

/** How long a call that would send mail is not sent again, counted from its first intent. */
export const mailPauseMs = 5 * 60_000

/** What is known of when an attempt was sent, in ms by Okta's clock. */
export interface SendingTimes {
  readonly intended: number
  /** Null where its process did not live to tell. */
  readonly sent: number | null
  /** By when a process that did not live to tell was gone. */
  readonly senderGone: number
}

/**
 * When a doubt may be looked into, in ms by Okta's clock. Bytes can outlive the process that sent them, by the time limit
 * of a request; it counts from when the request was sent or, where only the intent is known, from the latest moment at
 * which its process can have sent it. After a time-out once more that long: our patience is not Okta's, which may still
 * work on the call.
 *
 * @param atOnce Okta itself answered: nothing is still under way
 */
export function settlesAt(
  times: SendingTimes,
  { atOnce, timedOut }: { readonly atOnce: boolean; readonly timedOut: boolean },
  requestTimeoutMs: number,
): number {
  const { intended, sent, senderGone } = times
  if (atOnce) return intended
  const latest = Math.max(intended, Math.min(intended + sendingMarginMs, senderGone))
  return (sent ?? latest) + requestTimeoutMs * (timedOut ? 2 : 1)
}

/** Judges an attempt in doubt, once it can no longer be under way. */
export function settle(action: Action, attempt: DoubtfulAttempt, now: Observation): Verdict {
  switch (ruleOf(action).doubt) {
    case 'nothing':
      return { kind: 'unknown', evidence: `nothing that Okta shows tells whether ${action} was applied` }
    case 'factors':
      return settleByFactors(attempt, now.factorTimes ?? [])
    case 'status':
      return settleByStatus(action, attempt, now.user)
  }
}

function settleByFactors(attempt: DoubtfulAttempt, factorTimes: readonly number[]): Verdict {
  // Okta shows whole seconds, cut off: one of the same second counts as old. One without a time may be. Better to reset
  // again than to call it done.
  const old = factorTimes.filter((time) => !(time > attempt.oktaTimeAtMost)).length
  if (old > 0) {
    return { kind: 'not_applied', evidence: `${old} factor(s) from before the attempt are still enrolled` }
  }
  const since = factorTimes.length === 0 ? 'no factor is enrolled' : 'only factors enrolled since are left'
  return { kind: 'applied', evidence: since }
}

function settleByStatus(action: Action, attempt: DoubtfulAttempt, user: Observation['user']): Verdict {
  const { target } = ruleOf(action)
  const leadsTo = target.find((status) => status === user.transitioningToStatus)
  if (leadsTo !== undefined) {
    return { kind: 'applied', evidence: `user is ${user.status}, still in transition to ${leadsTo}` }
  }
  const atTarget = target.includes(user.status)
  if (attempt.lost) return settleLost(attempt, user, atTarget)
  // unlock on a user who was ACTIVE: the status tells nothing, and unlocking twice does no harm.
  if (atTarget && user.status === attempt.status) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status} as before, and ${action} does no harm twice`,
    }
  }
  if (atTarget) return { kind: 'applied', evidence: `user is ${user.status}${since(user)}` }
  if (attempt.status === null) {
    return { kind: 'not_applied', evidence: `user is ${user.status}, which is not where ${action} leads` }
  }
  if (user.status !== attempt.status) {
    return {
      kind: 'someone_else',
      evidence: `user was ${attempt.status}, is ${user.status}${since(user)}, which ${action} does not lead to`,
    }
  }
  if (user.statusChanged !== attempt.statusChanged) {
    const change = `last changed ${when(attempt.statusChanged)} then and ${when(user.statusChanged)} now`
    return {
      kind: 'someone_else',
      evidence: `user is ${user.status} as before the attempt, but ${change}: the status was another in between`,
    }
  }
  if (isOfItsSecond(attempt)) {
    // Okta shows whole seconds: a change and its undoing within one of them leave no trace.
    return {
      kind: 'unknown',
      evidence: `user is still ${user.status}${since(user)}, the very second of the attempt: a change and its undoing in that second would look the same`,
    }
  }
  return { kind: 'not_applied', evidence: `user is still ${user.status}${since(user)}` }
}

/** By the time of the last change alone: whoever made it, nothing of ours was applied if it lies before. */
function settleLost(attempt: DoubtfulAttempt, user: Observation['user'], atTarget: boolean): Verdict {
  const changed = user.statusChanged === null ? 0 : Date.parse(user.statusChanged)
  if (changed < Math.floor(attempt.oktaTime / 1000) * 1000) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status}${since(user)}, from before the journal's loss`,
    }
  }
  const evidence = `user is ${user.status}${since(user)}, after the journal's loss`
  return { kind: atTarget ? 'applied' : 'unknown', evidence }
}

/** Whether the status had last changed in the second in which the attempt was sent, or later. */
function isOfItsSecond({ oktaTime, statusChanged }: DoubtfulAttempt): boolean {
  if (statusChanged === null) return false
  const changed = Date.parse(statusChanged)
  // A time that can't be read proves nothing either.
  return Number.isNaN(changed) || Math.floor(changed / 1000) >= Math.floor(oktaTime / 1000)
}

function when(statusChanged: string | null): string {
  return statusChanged ?? 'never'
}

function since(user: Observation['user']): string {
  return user.statusChanged === null ? '' : ` since ${user.statusChanged}`
}
