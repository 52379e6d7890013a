import { isUndated } from '../journal/intent-time.ts'
import type { VerdictEvent } from '../journal/journal-event.ts'
import type { OpenAttempt } from '../journal/task-progress.ts'
import type { FailedRead, FoundUser } from '../lookup/read-user.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import { decide } from '../rules/decide.ts'
import { type DoubtfulAttempt, type Observation, settle, type Verdict } from '../rules/doubt.ts'
import { explains } from '../rules/explained-change.ts'
import { afterKnown, afterOthers, isTaken } from '../rules/verdict-after-loss.ts'
import { shownSince } from './attempt-log.ts'
import { latestOf, paused, waitUntil } from './doubt-times.ts'
import type { Ending } from './ending.ts'
import { lookedBefore, observe } from './observe.ts'
import type { Services } from './services.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/**
 * Whether the job lets an action be sent again although nothing shows what became of an earlier call. A second
 * reactivate costs a second mail at worst. Repeating another action may undo what somebody did since.
 */
function mayBeRepeated({ options }: Services['job'], action: Action): boolean {
  return ruleOf(action).doubt === 'nothing' && options.in_doubt === 'retry'
}

/** How often a call that nothing can settle is sent again if the job says `in_doubt: retry`. */
const mostRepeats = 2

/**
 * The outcome of looking the user up. Without an ending the task goes on, because the attempt was not applied or may be
 * repeated.
 */
export interface Settlement {
  readonly ending: Ending | null
  readonly read: FoundUser | FailedRead | null
}

/**
 * Settles an attempt when nobody knows whether it was applied: waits until it can no longer be under way, asks Okta,
 * and writes the verdict and its evidence to the journal.
 *
 * @param notBefore the earliest moment to ask Okta, by this process's monotonic clock; null for an attempt of an
 *   earlier process, which is timed by Okta's clock
 * @throws RunStopped when the run stops first; the doubt then stays for the next execution
 */
export async function settleDoubt(
  services: Services,
  task: TaskInput,
  history: TaskHistory,
  open: OpenAttempt,
  notBefore: number | null,
): Promise<Settlement> {
  const { links } = services
  const cause = causeOf(services, task, open)
  const link = links?.whereIs(open.intent.origin ?? task) ?? null
  if (link !== null) {
    const evidence = `its activation link reached ${link}`
    await recordVerdict(services, open, { kind: 'applied', evidence })
    return { ending: confirmed(evidence, cause, null), read: null }
  }
  const known = open.intent.lost === true ? services.recorder.state.lookAfterLoss(open.intent.user_id) : null
  const look = ruleOf(task.action).doubt === 'factors' ? null : known
  if (look === null) await waitUntil(services, open, notBefore)
  for (;;) {
    const observed = look === null ? await observe(services, task, open) : lookedBefore(look)
    if ('failed' in observed) {
      // Without a look-up there is no verdict: the attempt stays in doubt.
      const message = doubtful(task.action, cause, observed.failed.message)
      return { ending: { result: 'in_doubt', message }, read: observed.failed }
    }
    const { read, observation, fellBackFrom } = observed
    if (fellBackFrom !== null && read !== null) return await endedNotHeld(services, open, read, fellBackFrom)
    // A status that was read before the call is compared with; without it, an earlier call of ours may explain this one.
    const isExplained =
      (open.intent.lost === true || open.intent.status === null) &&
      ruleOf(task.action).doubt === 'status' &&
      isKnownChange(services, open, read, observation.user)
    const attempt = {
      ...attemptOf(open),
      // A lost attempt may have left at any moment until this process began.
      ...(open.intent.lost ? { oktaTimeAtMost: services.begunAt(), lostBy: open.intent.okta_time } : {}),
      underWayUntil: latestOf(services, open),
      judgedNotApplied: history.judgedNotApplied,
    }
    const found = settle(task.action, attempt, observation)
    const verdict =
      isExplained && !isTaken(look, open.intent)
        ? afterKnown(task.action, found)
        : afterOthers(found, isTaken(look, open.intent))
    if (verdict.kind === 'not_applied' && (await paused(services, task, open, notBefore))) continue
    const isFirstLook = open.intent.lost === true && known === null
    const seen = observation.user
    return await conclude(services, task, history, {
      open,
      notBefore,
      cause,
      verdict,
      read,
      seen,
      isFirstLook,
    })
  }
}

/** Why the outcome of an attempt is not known. */
function causeOf({ recorder }: Services, task: TaskInput, { doubt, intent }: OpenAttempt): string {
  if (doubt !== null) return doubt.why
  if (intent.lost) return 'a part of the journal was lost'
  if (recorder.state.mayBeLostSince(task) !== null) return 'its answer is in the lost part of the journal'
  return 'the run was cut off before the answer was recorded'
}

/**
 * Ends the task of an attempt that Okta was seen to carry out, but whose effect did not last: sending it again would do
 * it twice.
 */
async function endedNotHeld(
  services: Services,
  open: OpenAttempt,
  read: FoundUser,
  target: string,
): Promise<Settlement> {
  const evidence = `user was on the way to ${target}`
  await recordVerdict(services, open, { kind: 'applied', evidence })
  const { status } = read.user
  const message = `confirmed, because ${evidence}, but it did not hold: user is ${status}`
  return { ending: { result: 'failed', message, statusAfter: status, verified: 'not_held' }, read }
}

async function conclude(
  services: Services,
  task: TaskInput,
  history: TaskHistory,
  found: {
    readonly open: OpenAttempt
    /** As for {@link settleDoubt}. */
    readonly notBefore: number | null
    readonly cause: string
    readonly verdict: Verdict
    /** Null if it was judged by a look that was made before, since when a call may have changed the user. */
    readonly read: FoundUser | null
    /** By what it was judged. */
    readonly seen: Observation['user']
    /** Whether that is the first look at the user after a loss, which is to be kept. */
    readonly isFirstLook: boolean
  },
): Promise<Settlement> {
  const { open, notBefore, cause, verdict, read, seen, isFirstLook } = found
  // Nobody knows how often a call was repeated in a lost part. Only a person who has looked may let it be repeated.
  const uncounted = services.recorder.state.uncounted(task)
  const mayRepeat =
    mayBeRepeated(services.job, task.action) &&
    !services.settleOnly &&
    !task.comesLater &&
    uncounted !== 'keep'
  const repeats = verdict.kind === 'unknown' && mayRepeat && history.repeats < mostRepeats
  if (repeats && (await paused(services, task, open, notBefore)))
    return await conclude(services, task, history, found)
  const isOfStatus = open.intent.lost === true && ruleOf(task.action).doubt === 'status'
  const isConfirmed = verdict.kind === 'applied' && isOfStatus && !task.isBehindDoubt
  await recordVerdict(services, open, verdict, {
    ...(verdict.kind === 'applied' ? shownSince(task.action, seen) : {}),
    ...(repeats ? { repeat: true } : {}),
    ...(isFirstLook ? { look: lookOf(seen) } : {}),
    ...(isConfirmed ? { explains_look: true } : {}),
  })
  // The result is `unchanged` only if no earlier attempt was in doubt: such an attempt may have been applied late. And
  // what this user's earlier tasks are still to change, or may have changed, nobody knows before they have ended.
  if (
    verdict.kind === 'not_applied' &&
    history.judgedNotApplied === 0 &&
    read !== null &&
    !services.settleOnly &&
    !task.comesLater &&
    wasThereBefore(task.action, open, seen)
  ) {
    // To be where the action can lead is not enough: unsuspend can lead back to RECOVERY, but a user who was in RECOVERY all
    // along was never suspended.
    const decision = decide(task.action, read.user)
    if (decision.kind !== 'send') {
      const why = decision.kind === 'unchanged' ? verdict.evidence : decision.message
      const message = `${why}; a call that got no answer was not applied`
      return { ending: { result: decision.kind, message, statusAfter: seen.status }, read }
    }
  }
  if (verdict.kind === 'not_applied' || repeats) {
    services.lookup.tally.retry('in_doubt')
    history.judgedNotApplied++
    if (repeats) history.repeats++
    return { ending: null, read }
  }
  const statusAfter = read?.user.status ?? null
  if (verdict.kind === 'applied' && open.intent.lost && task.isBehindDoubt) {
    const evidence = `${verdict.evidence}, but an earlier task of this user is in doubt, so this one may never have been sent`
    return {
      ending: { result: 'in_doubt', message: doubtful(task.action, cause, evidence), statusAfter },
      read,
    }
  }
  if (verdict.kind === 'applied') return { ending: confirmed(verdict.evidence, cause, statusAfter), read }
  const calls = uncounted === null ? `${history.attempts - history.unsent} calls` : 'it was sent again'
  const sent = history.repeats > 0 ? ` after ${calls}` : ''
  const message = doubtful(task.action, cause, `${verdict.evidence}${sent}`)
  return { ending: { result: 'in_doubt', message, statusAfter }, read }
}

/** Whether a user who was not read before the call proves to have been at the target all along. */
function wasThereBefore(action: Action, { intent }: OpenAttempt, { status }: Observation['user']): boolean {
  const { doubt, target } = ruleOf(action)
  return doubt === 'status' && action !== 'unlock' && intent.status === null && target.includes(status)
}

/** What an attempt's intent tells the rules. */
export function attemptOf({
  intent,
}: Pick<OpenAttempt, 'intent'>): Omit<DoubtfulAttempt, 'underWayUntil' | 'judgedNotApplied'> {
  const undated = isUndated(intent)
    ? {
        oktaTime: Number.NEGATIVE_INFINITY,
        oktaTimeAtMost: Number.POSITIVE_INFINITY,
        machineTime: intent.okta_time,
      }
    : {}
  return {
    oktaTime: intent.okta_time_at_least,
    // The best estimate lies in the middle between the earliest and the latest moment.
    oktaTimeAtMost: 2 * intent.okta_time - intent.okta_time_at_least,
    status: intent.status,
    statusChanged: intent.status_changed,
    lost: intent.lost === true,
    ...undated,
  }
}

async function recordVerdict(
  { recorder }: Services,
  { intent }: OpenAttempt,
  { kind, evidence }: Verdict,
  more: Pick<VerdictEvent, 'status_changed' | 'repeat' | 'look' | 'explains_look'> = {},
): Promise<void> {
  const { row, step, attempt } = intent
  const said = more.repeat ? `${evidence}; the job says in_doubt: retry` : evidence
  await recorder.record({
    event: 'verdict',
    row,
    step,
    attempt,
    verdict: kind,
    evidence: said,
    ...more,
  })
}

/** Whether what Okta shows of a user is known to be the work of another call of ours. */
function isKnownChange(
  { recorder }: Services,
  { intent }: OpenAttempt,
  read: FoundUser | null,
  user: Observation['user'],
): boolean {
  const { state } = recorder
  const change =
    state.explainedChange(intent.user_id) ??
    (read === null ? null : state.explainedChange(read.user.id)) ??
    intent.explained
  if (change !== undefined && explains(change, user)) return true
  // Okta activates in the background: the effect may come after that of later calls.
  const activation = state.activationOf(intent.user_id)
  return activation !== null && explains(activation, user)
}

function lookOf({
  status,
  statusChanged,
  transitioningToStatus,
}: Observation['user']): NonNullable<VerdictEvent['look']> {
  return { status, status_changed: statusChanged, transitioning_to: transitioningToStatus }
}

function confirmed(evidence: string, cause: string, statusAfter: string | null): Ending {
  return { result: 'succeeded', message: `confirmed, because ${evidence} (${cause})`, statusAfter }
}

function doubtful(action: Action, cause: string, evidence: string): string {
  return `${action} may or may not have been applied (${cause}): ${evidence}`
}
