import { leavesWithinMs } from '../rules/doubt.ts'
import type { ExplainedChange } from '../rules/explained-change.ts'
import { isUndated, latestTimeOf } from './intent-time.ts'
import type {
  AnswerEvent,
  AttemptPlace,
  FirstAttempt,
  InDoubtEvent,
  IntentEvent,
  JournalEvent,
} from './journal-event.ts'

/**
 * What is known about the last attempt of a task without a result (J3 in journal-state.ts).
 *
 * - `open`: it was sent or was about to be sent, and its outcome is not known. `doubt` says why; null after a crash.
 *   Nothing else is done with the user until it is settled. Reports call the task `unsettled`.
 * - `applied`, `refused`: Okta's answer is on disk. An applied call is never sent again.
 * - `not_applied`: certainly not applied. The task goes on as if it had not been sent. If it was judged so by what Okta
 *   showed, `doubt` says why that was to be found out.
 */
type LastAttempt =
  | { readonly kind: 'open'; readonly intent: IntentEvent; readonly doubt: InDoubtEvent | null }
  | { readonly kind: 'applied'; readonly intent: IntentEvent; readonly answer: AnswerEvent }
  | { readonly kind: 'refused'; readonly intent: IntentEvent; readonly answer: AnswerEvent }
  | { readonly kind: 'not_applied'; readonly intent: IntentEvent; readonly doubt: InDoubtEvent | null }

/** An attempt whose outcome is not known. */
export type OpenAttempt = Extract<LastAttempt, { kind: 'open' }>

/** The progress of a task that was sent at least once and has no result yet. */
export interface TaskProgress {
  /** Attempts so far, from 1. */
  readonly attempts: number
  /** How many of them never left: no HTTP request was made for them. */
  readonly unsent: number
  /** RFC 3339 UTC. */
  readonly startedAt: string
  /** Status of the user before the first attempt; null if the user was not read. */
  readonly statusBefore: string | null
  /**
   * How many attempts were judged "not applied" by what Okta showed, not by an answer. Such an attempt may still be
   * applied late.
   */
  readonly judgedNotApplied: number
  /**
   * How often the task was repeated only because the job allows it, although nothing showed whether it had been
   * applied.
   */
  readonly repeats: number
  /**
   * The earliest moment at which the first attempt can have been made, in epoch ms by Okta's clock; null if the journal
   * knows later attempts only. For attempts that are only assumed, that is when the loss began.
   */
  readonly firstSince: number | null
  /** Whether the first attempt is only assumed, because a part of the journal was lost. */
  readonly isFirstAssumed: boolean
  /** The user's last change that the run from which a retry took the task knows to be the work of another call. */
  readonly explained: ExplainedChange | null
  readonly last: LastAttempt
}

/** The progress of a task after one more event. Only events of the last attempt change it. */
export function progressAfter(
  known: TaskProgress | undefined,
  event: Extract<
    JournalEvent,
    AttemptPlace & { event: 'intent' | 'answer' | 'not_applied' | 'in_doubt' | 'verdict' }
  >,
): TaskProgress | undefined {
  if (event.event === 'intent') return afterIntent(known, event)
  if (known === undefined || known.last.intent.attempt !== event.attempt) return known
  const { intent } = known.last
  switch (event.event) {
    case 'answer':
      return { ...known, last: { kind: event.outcome, intent, answer: event } }
    case 'not_applied': {
      const unsent = known.unsent + (event.unsent === true ? 1 : 0)
      return { ...known, unsent, last: { kind: 'not_applied', intent, doubt: null } }
    }
    case 'in_doubt':
      return { ...known, last: { kind: 'open', intent, doubt: event } }
    case 'verdict': {
      if (event.verdict !== 'not_applied' && !event.repeat) return known
      const judgedNotApplied = known.judgedNotApplied + 1
      const repeats = known.repeats + (event.repeat ? 1 : 0)
      const doubt = known.last.kind === 'open' ? known.last.doubt : null
      return { ...known, judgedNotApplied, repeats, last: { kind: 'not_applied', intent, doubt } }
    }
  }
}

function afterIntent(known: TaskProgress | undefined, intent: IntentEvent): TaskProgress {
  return {
    attempts: intent.attempt,
    unsent: known?.unsent ?? intent.unsent ?? 0,
    startedAt: intent.started_at,
    statusBefore: known?.statusBefore ?? intent.first?.status ?? intent.status,
    judgedNotApplied: known?.judgedNotApplied ?? intent.judged_not_applied ?? intent.repeats ?? 0,
    repeats: known?.repeats ?? intent.repeats ?? 0,
    firstSince: known === undefined ? firstSince(intent) : known.firstSince,
    explained: known?.explained ?? intent.explained ?? null,
    isFirstAssumed: known?.isFirstAssumed ?? (intent.first ?? intent).lost === true,
    last: { kind: 'open', intent, doubt: null },
  }
}

function firstSince(intent: IntentEvent): number | null {
  const { attempt, okta_time_at_least: since, first } = intent
  if (attempt === 1) return isUndated(intent) ? null : since
  return first?.okta_time_at_least ?? null
}

/** A task's first attempt, for the run of a retry; null if there was only one, which tells of itself, or if it is not known. */
export function firstAttemptOf(progress: TaskProgress): FirstAttempt | null {
  const { attempts, firstSince: since, statusBefore, isFirstAssumed } = progress
  if (attempts === 1 || since === null) return null
  return { okta_time_at_least: since, status: statusBefore, ...(isFirstAssumed ? { lost: true } : {}) }
}

/**
 * What is known of a task as a whole. A task that was repeated only because the job allows it stays open unless its
 * last call was applied, because an earlier call may have been applied.
 */
export function standingOf({ last, repeats }: TaskProgress): LastAttempt['kind'] {
  return repeats > 0 && last.kind !== 'applied' ? 'open' : last.kind
}

/** Whether nobody knows what has become of a task's last call. What is only assumed to have been sent is no call. */
export function isOpenCall({ last }: TaskProgress): boolean {
  return last.kind === 'open' && last.intent.lost !== true
}

/** When a task's last call had left at the latest, if it did, by Okta's clock in epoch ms. */
export function leftBy({ last }: TaskProgress): number {
  return latestTimeOf(last.intent) + leavesWithinMs
}
