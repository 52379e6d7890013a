import type { IntentEvent, JournalEvent } from '../journal/journal-event.ts'
import type { OpenAttempt } from '../journal/task-progress.ts'
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
  /** How often the task of a step had been sent again by leave alone. */
  readonly repeatsOf: (step: number) => number
  /** Set if the row must not be done any more. */
  readonly superseded: LaterRow | null
  /** Whether the row repeats the preceding row of its user, which stands: it would have been skipped. */
  readonly duplicate: boolean
  /** The attempt of a step to settle first; null if there is none. */
  readonly doubtOf: (step: number) => OpenAttempt | null
  /** Whom the row meant in the old run; null if it never learned that. */
  readonly meant: MeantUser | null
  /** The last attempt of a step that may have been applied after all; null if there is none. */
  readonly doubtedOf: (step: number) => IntentEvent | null
}

/**
 * The events for a row at the beginning of a retry's journal: results that are kept, attempts to settle before anything
 * is sent, and the end of a superseded row. From there the run goes on like one that was cut off.
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

/** Whether the event of a result names a user: the row then goes on with that one. */
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
    if (superseded !== null) {
      const message = `not done, because a later row of the same user was carried out: row ${superseded.row} of run ${oldRunId} (${superseded.action})`
      const { user } = retried.input
      const task = { row, step, user, action, reason: 'superseded', message } as const
      return [{ event: 'result', ...unsentResult(task, now) }]
    }
    if (duplicate) {
      const { user } = retried.input
      const task = { row, step, user, action, ...duplicateSkip }
      return [{ event: 'result', ...unsentResult(task, now) }]
    }
    const doubt = doubtOf(step)
    const originOf = ({ origin }: IntentEvent): NonNullable<IntentEvent['origin']> =>
      origin ?? { run: carried.oldRun, row: retried.input.row, step }
    if (doubt === null) {
      const doubted = carried.doubtedOf(step)
      if (doubted === null) return []
      // Should the user be at the target by now, it was this attempt that came late.
      const { attempt } = doubted
      const evidence = `not applied when run ${oldRunId} looked`
      return [
        { ...doubted, row, origin: originOf(doubted) },
        { event: 'verdict', row, step, attempt, verdict: 'not_applied', evidence },
      ]
    }
    const origin = originOf(doubt.intent)
    const repeats = carried.repeatsOf(step)
    return [
      { ...doubt.intent, row, origin, ...(repeats > 0 ? { repeats } : {}) },
      ...(doubt.doubt === null ? [] : [{ ...doubt.doubt, row }]),
    ]
  })
}

/** A result's message, with the run that it comes from. */
function told({ message }: TaskResult, oldRunId: string): string {
  return /\(in run [^()]+\)$/.test(message) ? message : `${message} (in run ${oldRunId})`
}
