// Over 300 lines, because all that Okta can show of an attempt is judged side by side, with the times that it goes by.

import { counted } from '../messages/counted.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import type { OktaUser } from '../okta/user.ts'
import { factorAges, type LeavingTime } from './factors.ts'

/** What was known when the attempt was sent. */
export interface DoubtfulAttempt extends LeavingTime {
  /**
   * When it was made by this machine's clock, in epoch ms, if no answer had shown Okta's time: then `oktaTime` and
   * `oktaTimeAtMost` are infinite.
   */
  readonly machineTime?: number
  /** The latest moment at which Okta could have applied the attempt, in epoch ms by its clock. */
  readonly underWayUntil: number
  /** Null if the user was not read before. */
  readonly status: string | null
  readonly statusChanged: string | null
  /** Whether all that is known of the attempt is that it may have been made since `oktaTime`. */
  readonly lost: boolean
  /** The latest moment at which the loss can have begun; absent if that is `oktaTime`, and if nothing was lost. */
  readonly lostBy?: number
  /** How many earlier attempts of the task were judged `not_applied` by what Okta showed. */
  readonly judgedNotApplied: number
}

/** What Okta shows now. `factorTimes` (epoch ms; NaN if Okta names none) is looked up only for reset_factors. */
export interface Observation {
  readonly user: Pick<OktaUser, 'status' | 'statusChanged' | 'transitioningToStatus'>
  readonly factorTimes: readonly number[] | null
}

/**
 * The first look at a user after a lost part of the journal, before anything more was sent for the user. What may have
 * been sent in that part is judged by this look, also by later executions, because later calls change the facts.
 */
export type LookAfterLoss = Observation['user'] & {
  /** The task whose lost attempt what it showed is taken for; null as long as it is taken for none. */
  readonly explains: { readonly row: number; readonly step: number } | null
}

/**
 * What became of an attempt in doubt, with the evidence.
 *
 * - `applied`: it was applied, or Okta is in the middle of applying it.
 * - `not_applied`: it was not applied. Sending again is safe.
 * - `someone_else`: the status was changed in a way that our call does not explain, so someone else acted too.
 * - `unknown`: nothing that Okta shows answers the question.
 */
export interface Verdict {
  readonly kind: 'applied' | 'not_applied' | 'someone_else' | 'unknown'
  readonly evidence: string
}

/** The longest time from an intent to its bytes on the wire: a slow disk or a new connection may come in between. */
const sendingMarginMs = 15_000

/**
 * How long after its intent a call may still leave, in ms. Later it is not sent but begun anew, because another process
 * may settle it as if it had left by then. What is left of the margin is for clocks that differ.
 */
export const leavesWithinMs = 10_000

/**
 * An intent that was written before any answer had shown Okta's time says that it may have been made so much earlier, in ms:
 * no clock of Okta's is known as badly. This machine's may be off by any time.
 */
export const undatedWithinMs = 24 * 3_600_000

/** The clocks of one org differ by at most this, in ms. */
export const clocksApartMs = 15_000

/** How often a factor reset is sent again because old factors are still enrolled. */
const mostResets = 4

/** How long to wait, from when it may have left, before a call that sends mail is repeated. */
export const mailPauseMs = 5 * 60_000

/** What is known about the time of sending, in ms by Okta's clock. */
export interface SendingTimes {
  readonly intended: number
  /** Null if the process died before it recorded the time of sending. */
  readonly sent: number | null
  /** By this time the process, if it died, had certainly ended. */
  readonly senderGone: number
}

/**
 * Whether our own time limit has ended a call. `perhaps`: its process lived long enough for that, and may have been unable
 * to write it down.
 */
export type TimedOut = 'no' | 'perhaps' | 'yes'

/**
 * The earliest moment to settle a doubt, in ms by Okta's clock. Bytes can outlive the process that sent them by the
 * time limit of a request. That limit counts from the time of sending or, if only the intent is known, from the latest
 * moment at which the process could have sent it. After a time-out the wait is twice as long: we have given up, but
 * Okta may still be working on the call.
 *
 * @param atOnce whether Okta itself answered, so that nothing is still under way
 */
export function settlesAt(
  times: SendingTimes,
  { atOnce, timedOut }: { readonly atOnce: boolean; readonly timedOut: TimedOut },
  requestTimeoutMs: number,
): number {
  return atOnce ? times.intended : underWayUntil(times, timedOut, requestTimeoutMs)
}

/** The latest moment at which Okta could have applied a call, in ms by its clock; see {@link settlesAt}. */
export function underWayUntil(
  { intended, sent, senderGone }: SendingTimes,
  timedOut: TimedOut,
  requestTimeoutMs: number,
): number {
  const left = sent ?? Math.max(intended, Math.min(intended + sendingMarginMs, senderGone))
  const afterTimeOut = left + 2 * requestTimeoutMs
  switch (timedOut) {
    case 'no':
      return left + requestTimeoutMs
    case 'perhaps':
      // A time-out was over before its process was gone.
      return Math.max(left + requestTimeoutMs, Math.min(afterTimeOut, senderGone + requestTimeoutMs))
    case 'yes':
      return afterTimeOut
  }
}

/** Judges an attempt in doubt, once it can no longer be under way. */
export function settle(action: Action, attempt: DoubtfulAttempt, now: Observation): Verdict {
  switch (ruleOf(action).doubt) {
    case 'nothing':
      return { kind: 'unknown', evidence: `nothing in Okta shows whether ${action} was applied` }
    case 'factors':
      return settleByFactors(attempt, now.factorTimes ?? [])
    case 'status':
      return settleByStatus(action, attempt, now.user)
  }
}

/**
 * Judges by when the remaining factors were created. A reset removes whatever is enrolled, but Okta may leave a factor
 * that it can't remove. So an old factor is a reason to send again, but not if somebody may have enrolled a new one
 * since, and not after four repeats.
 */
function settleByFactors(attempt: DoubtfulAttempt, factorTimes: readonly number[]): Verdict {
  const { before, around, after } = factorAges(attempt, factorTimes)
  if (before > 0) {
    const evidence = `${counted(before, 'factor')} from before the attempt ${before === 1 ? 'is' : 'are'} still enrolled`
    if (around + after > 0)
      return { kind: 'unknown', evidence: `${evidence}, and a newer one, which another reset would remove` }
    if (attempt.judgedNotApplied < mostResets) return { kind: 'not_applied', evidence }
    const calls = `${attempt.judgedNotApplied + 1} attempts`
    return { kind: 'unknown', evidence: `${evidence} after ${calls}: Okta may not be able to remove it` }
  }
  if (around > 0) {
    if (isUndated(attempt)) {
      const enrolled = `${counted(around, 'factor')} ${around === 1 ? 'is' : 'are'} enrolled`
      return { kind: 'unknown', evidence: `${enrolled}, ${timeWasUnknown}` }
    }
    const which = `${counted(around, 'factor')} ${around === 1 ? 'was enrolled at the time of the attempt, or has no time' : 'were enrolled at the time of the attempt, or have no time'}`
    return { kind: 'unknown', evidence: `${which}: nothing shows which came first` }
  }
  const since =
    factorTimes.length === 0 ? 'no factor is enrolled' : 'all enrolled factors are newer than the attempt'
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
  // An unlock of a user who was ACTIVE: the status shows nothing, and unlocking twice does no harm.
  if (atTarget && user.status === attempt.status) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status} as before, and a second ${action} does no harm`,
    }
  }
  const isOlder = attempt.status === null && isBefore(attempt, user.statusChanged)
  const isPerhapsOlder = attempt.status === null && isUncertain(attempt, user.statusChanged)
  // Where it may just as well be from during the attempt, that would say of an applied call that it never was.
  const isTakenForOlder = isOlder || (isPerhapsOlder && !isOfItsSecond(attempt, user.statusChanged))
  if (atTarget && isTakenForOlder && !leavesTrace(action)) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status}${since(user)}, as before the attempt for all that is known, and a second ${action} does no harm`,
    }
  }
  if (atTarget && isOlder) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status}${since(user)}, from before the attempt`,
    }
  }
  if (atTarget && isPerhapsOlder) {
    const which = isUndated(attempt)
      ? timeWasUnknown
      : 'shortly before the attempt by one clock or during it by another'
    return {
      kind: 'unknown',
      evidence: `user is ${user.status}${since(user)}, ${which}; the earlier status was not read`,
    }
  }
  if (atTarget) {
    const evidence = `user is ${user.status}${since(user)}`
    return { kind: 'applied', evidence: isMuchLater(attempt, user) ? `${evidence}, ${byOthers}` : evidence }
  }
  if (attempt.status === null && isOfItsSecond(attempt, user.statusChanged)) {
    const which = isUndated(attempt) ? timeWasUnknown : 'in the second of the attempt or later'
    return {
      kind: 'unknown',
      evidence: `user is ${user.status}${since(user)}, ${which}; the earlier status was not read`,
    }
  }
  if (attempt.status === null) {
    return { kind: 'not_applied', evidence: `user is ${user.status}, which is not where ${action} leads` }
  }
  if (user.status !== attempt.status) {
    return {
      kind: 'someone_else',
      evidence: `user was ${attempt.status} and is now ${user.status}${since(user)}, which is not the result of ${action}`,
    }
  }
  if (user.statusChanged !== attempt.statusChanged) {
    const change = `last changed ${when(attempt.statusChanged)} then and ${when(user.statusChanged)} now`
    return {
      kind: 'someone_else',
      evidence: `user is ${user.status} as before the attempt, but ${change}: the status was different in between`,
    }
  }
  // A change that is undone within a second is rare enough for a guess at the day.
  const { machineTime } = attempt
  const noEarlier = machineTime === undefined ? attempt.oktaTime : machineTime - undatedWithinMs
  if (isOfItsSecond({ oktaTime: noEarlier }, attempt.statusChanged)) {
    if (isUndated(attempt))
      return { kind: 'unknown', evidence: `user is still ${user.status}${since(user)}, ${timeWasUnknown}` }
    // Okta shows whole seconds, so a change that is undone within the same second leaves no trace.
    return {
      kind: 'unknown',
      evidence: `user is still ${user.status}${since(user)}, the second of the attempt; if it was changed and changed back within that second, Okta shows the same`,
    }
  }
  return { kind: 'not_applied', evidence: `user is still ${user.status}${since(user)}` }
}

/**
 * Judges only by the time of the last change: if it is from before the loss, no lost call of ours was applied. If the
 * user is where the row leads, the last seconds before the loss prove nothing: the clocks may differ, and the change
 * may be ours.
 */
function settleLost(attempt: DoubtfulAttempt, user: Observation['user'], atTarget: boolean): Verdict {
  const isCertain = isFromBefore(attempt.oktaTime, user.statusChanged)
  if (isCertain || (!atTarget && !isOfItsSecond(attempt, user.statusChanged))) {
    return {
      kind: 'not_applied',
      evidence: `user is ${user.status}${since(user)}, from before the lost part of the journal`,
    }
  }
  if (!isOfItsSecond(attempt, user.statusChanged)) {
    return {
      kind: 'unknown',
      evidence: `user is ${user.status}${since(user)}, shortly before the lost part of the journal by one clock or in it by another`,
    }
  }
  const { lostBy } = attempt
  if (lostBy !== undefined && !isOfItsSecond({ oktaTime: lostBy }, user.statusChanged)) {
    return {
      kind: 'unknown',
      evidence: `user is ${user.status}${since(user)}; when the lost part of the journal began is not known well enough to tell whether that was before it`,
    }
  }
  const evidence = `user is ${user.status}${since(user)}, from the time of the lost part of the journal or later`
  return { kind: atTarget ? 'applied' : 'unknown', evidence }
}

/** Whether an action that Okta accepts always changes the status. An unlock may lift a block that no status shows. */
function leavesTrace(action: Action): boolean {
  return action !== 'unlock'
}

/**
 * Whether a change of status was certainly before an attempt. The clock that stamps it may differ from the one by which
 * we know Okta's time, so a change in the last seconds before the attempt is not certain. Null proves nothing.
 */
function isBefore({ oktaTime }: DoubtfulAttempt, statusChanged: string | null): boolean {
  return statusChanged !== null && isFromBefore(oktaTime, statusChanged)
}

/**
 * Whether a user's status is certainly as it was before a moment, in epoch ms by Okta's clock.
 *
 * @param statusChanged RFC 3339 UTC; null if it has never changed
 */
export function isFromBefore(moment: number, statusChanged: string | null): boolean {
  return statusChanged === null || Date.parse(statusChanged) < moment - clocksApartMs
}

/**
 * Whether a status change is stamped just before an attempt, by less than the two clocks may differ, or Okta's time was not
 * known well enough to tell.
 */
function isUncertain(attempt: DoubtfulAttempt, statusChanged: string | null): boolean {
  if (statusChanged === null || isBefore(attempt, statusChanged)) return false
  if (!isOfItsSecond(attempt, statusChanged)) return true
  return Date.parse(statusChanged) < attempt.oktaTimeAtMost - clocksApartMs
}

/** Whether no answer had shown Okta's time when an attempt was made. */
function isUndated({ machineTime }: DoubtfulAttempt): boolean {
  return machineTime !== undefined
}

const timeWasUnknown =
  "and whether that was before the attempt is not known, because no answer had shown Okta's time"

/** Whether a change of status was in the second of the attempt or later. */
function isOfItsSecond(
  { oktaTime }: Pick<DoubtfulAttempt, 'oktaTime'>,
  statusChanged: string | null,
): boolean {
  if (statusChanged === null) return false
  const changed = Date.parse(statusChanged)
  // A time that can't be parsed proves nothing.
  return Number.isNaN(changed) || Math.floor(changed / 1000) >= Math.floor(oktaTime / 1000)
}

/**
 * Said if a change came so late that our call may not explain it, although the user is where the row wants the user.
 */
export const byOthers =
  'long after the call could still have been under way, so someone else may have done it'

/**
 * Whether the status changed later than the call could have changed it directly. A transition may take longer.
 *
 * @param attempt when the call could have been under way at the latest, in epoch ms by Okta's clock
 */
export function isMuchLater(
  { underWayUntil: until }: Pick<DoubtfulAttempt, 'underWayUntil'>,
  { statusChanged }: Pick<Observation['user'], 'statusChanged'>,
): boolean {
  return statusChanged !== null && Date.parse(statusChanged) > until + clocksApartMs
}

function when(statusChanged: string | null): string {
  return statusChanged ?? 'never'
}

function since(user: Observation['user']): string {
  return user.statusChanged === null ? '' : ` since ${user.statusChanged}`
}
