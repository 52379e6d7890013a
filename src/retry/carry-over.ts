import type { IntentEvent, JournalEvent } from '../journal/journal-event.ts'
import type { SentAgain } from '../journal/left-attempts.ts'
import type { OpenAttempt } from '../journal/task-progress.ts'
import type { ExplainedChange } from '../rules/explained-change.ts'
import type { TaskResult } from '../rules/result.ts'
import { duplicateSkip } from '../rules/row-order.ts'
import type { MeantUser } from '../rules/row-verdict.ts'
import type { LaterRow } from '../rules/superseded.ts'
import { unsentResult } from '../rules/unsent-result.ts'
import type { RetriedRow } from './select-row.ts'

/** What a retry knows about a row that it takes up. */
export interface CarriedRow {
  readonly retried: RetriedRow
  /** The row's number in the new input, from 1. */
  readonly row: number
  readonly oldRunId: string
  /** The old run as {@link identityOf} writes it. */
  readonly oldRun: string
  /** How often the task of a step had been sent again. */
  readonly sentAgain: (step: number) => SentAgain
  /** Set if the row must not be done any more. */
  readonly superseded: LaterRow | null
  /** Whether the row repeats the preceding row of its user, which was carried out: it would have been skipped. */
  readonly duplicate: boolean
  /** The attempt of a step to settle first; null if there is none. */
  readonly doubtOf: (step: number) => OpenAttempt | null
  /** The user whom the row meant in the old run; null if that run never learned it. */
  readonly meant: MeantUser | null
  /** Whether more attempts of a step may have been lost with a part of a journal. */
  readonly isUncounted: (step: number) => boolean
  /** What the retry's own command line says about calls that nothing can settle. */
  readonly inDoubt: 'keep' | 'retry'
  /** The last change of a user that the old run knows to be the work of one of its calls; null if it knows none. */
  readonly explained: (userId: string) => ExplainedChange | null
  /** The last attempt of a step that may have been applied after all; null if there is none. */
  readonly doubtedOf: (step: number) => IntentEvent | null
}

/**
 * The events for a row at the beginning of a retry's journal: results that are kept, attempts to settle before anything
 * is sent, and the end of a superseded row. With these events, the run goes on like one that was cut off.
 *
 * @param now RFC 3339 UTC
 */
export function carryOver(carried: CarriedRow, now: string): readonly JournalEvent[] {
  const events = carryTasks(carried, now)
  const { meant, row } = carried
  const isKnown = events.some(({ event, ...more }) => event === 'intent' || namesUser(more))
  if (meant === null || isKnown) return events
  const { id, login, run } = meant
  return [{ event: 'meant', row, user_id: id, login, run }, ...events]
}

/** Whether a result's event names a user. If so, the row goes on with that user. */
function namesUser(event: object): boolean {
  return 'okta_user_id' in event && event.okta_user_id !== null
}

function carryTasks(carried: CarriedRow, now: string): readonly JournalEvent[] {
  const { retried, row, oldRunId, superseded, duplicate, doubtOf } = carried
  const standing = new Map(retried.standing.map((result) => [result.step, result]))
  return retried.input.actions.flatMap((action, index): readonly JournalEvent[] => {
    const step = index + 1
    const result = standing.get(step)
    if (result !== undefined) return [{ event: 'result', ...result, row, message: told(result, oldRunId) }]
    if (superseded !== null && (!superseded.inDoubt || doubtOf(step) === null)) {
      const later = `row ${superseded.row} of run ${oldRunId} (${superseded.action})`
      const message = superseded.inDoubt
        ? `not done yet, because a later row of the same user is in doubt: ${later}; once that is settled, retry again`
        : `not done, because a later row of the same user was carried out: ${later}`
      const { user } = retried.input
      const reason = superseded.inDoubt ? 'in_doubt' : 'superseded'
      const task = { row, step, user, action, reason, message } as const
      return [{ event: 'result', ...unsentResult(task, now) }]
    }
    if (duplicate) {
      const { user } = retried.input
      const task = { row, step, user, action, ...duplicateSkip }
      return [{ event: 'result', ...unsentResult(task, now) }]
    }
    const doubt = doubtOf(step)
    const sentAgain = carried.sentAgain(step)
    const originOf = ({ origin }: IntentEvent): NonNullable<IntentEvent['origin']> =>
      origin ?? { run: carried.oldRun, row: retried.input.row, step }
    if (doubt === null) {
      const doubted = carried.doubtedOf(step)
      if (doubted === null) return []
      // If the user is at the target by now, this attempt was applied late.
      const { attempt } = doubted
      const evidence = `not applied when run ${oldRunId} looked`
      // The verdict below is counted in addition.
      const again = { ...sentAgain, judgedNotApplied: sentAgain.judgedNotApplied - 1, repeats: 0 }
      return [
        {
          ...doubted,
          row,
          origin: originOf(doubted),
          ...earlierOf(again),
          ...explainedOf(carried.explained(doubted.user_id)),
        },
        { event: 'verdict', row, step, attempt, verdict: 'not_applied', evidence },
      ]
    }
    const origin = originOf(doubt.intent)
    const { lost, status, user_id: userId } = doubt.intent
    const explained = lost === true || status === null ? carried.explained(userId) : null
    return [
      {
        ...doubt.intent,
        row,
        origin,
        ...earlierOf(sentAgain),
        ...explainedOf(explained),
        ...(carried.isUncounted(step) ? { uncounted: carried.inDoubt } : {}),
      },
      ...(doubt.doubt === null ? [] : [{ ...doubt.doubt, row }]),
    ]
  })
}

function explainedOf(explained: ExplainedChange | null): Partial<IntentEvent> {
  return explained === null ? {} : { explained }
}

function earlierOf({ judgedNotApplied, repeats, unsent, first }: SentAgain): Partial<IntentEvent> {
  return {
    ...(unsent > 0 ? { unsent } : {}),
    ...(repeats > 0 ? { repeats } : {}),
    ...(judgedNotApplied > 0 ? { judged_not_applied: judgedNotApplied } : {}),
    ...(first === null ? {} : { first }),
  }
}

/** A result's message, with the run that it comes from. */
function told({ message }: TaskResult, oldRunId: string): string {
  return /\(in run [^()]+\)$/.test(message) ? message : `${message} (in run ${oldRunId})`
}
