import { signatureOf, type ValidRow } from '../input/row.ts'
import { type Action, parseAction, ruleOf } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { Reason, ResultName, SkipReason, TaskResult } from './result.ts'
import { comesTooLate } from './superseded.ts'

/** What the next row of the same user must know of a finished row. */
export interface RowTrace {
  /** The row's actions and options as one text, equal for rows that ask for the same. */
  readonly signature: string
  /** Whether a task of the row, or of one before it, is in doubt, so that nothing more is done with the user. */
  readonly inDoubt: boolean
  /** The statuses that the user's last applied task may have led to; null if no task of this run changed the status. */
  readonly ledTo: readonly UserStatus[] | null
}

/** Why a task is skipped because of its own row or an earlier row of its user. */
export interface Skip {
  readonly reason: SkipReason
  readonly message: string
}

/** Whether nothing more may be done with the user after this result. */
export function leavesDoubt(result: {
  readonly result: ResultName
  readonly reason: Reason | null
}): boolean {
  return result.result === 'in_doubt' || result.reason === 'in_doubt'
}

/** The reasons with which a row ends before it counts as its user's. */
type NobodysReason = 'not_due' | 'other_login'

/**
 * Whether a row ended before it counted as its user's: it was not due, or Okta showed a user whom it does not mean. Such a
 * row is no preceding row for any other one.
 */
export function meansNobody<Ended extends { readonly reason: Reason | null }>(
  ended: Ended,
): ended is Ended & { readonly reason: NobodysReason } {
  return ended.reason === 'not_due' || ended.reason === 'other_login'
}

/** The skip for a row that repeats the preceding row of its user. */
export const duplicateSkip: Skip = {
  reason: 'duplicate',
  message: "repeats the same user's preceding row",
}

/** What the preceding row of the same user decides for a row; null when it decides nothing. */
export function skipForPreceding(
  row: Pick<ValidRow, 'actions' | 'sendEmail'>,
  preceding: Pick<RowTrace, 'signature' | 'inDoubt'> | null,
): Skip | null {
  if (preceding === null) return null
  // Once the doubt is settled or the call repeated, a duplicate would do it once more.
  if (preceding.signature === signatureOf(row)) return duplicateSkip
  if (!preceding.inDoubt) return null
  return {
    reason: 'in_doubt',
    message: 'an earlier row of this user is in doubt, so nothing more was sent',
  }
}

/**
 * Judges whether a failed step may be sent again after later steps of its row, which had been sent before, were
 * settled. It may not be sent if it would come too late. Null if it may be sent.
 *
 * @param settled results of steps of the row; only those of later steps count
 */
export function skipForLaterStep(
  { step, action }: { readonly step: number; readonly action: Action },
  settled: readonly Pick<TaskResult, 'step' | 'action' | 'result'>[],
): Skip | null {
  for (const { step: later, action: name, result } of settled) {
    const isDone = result === 'succeeded' || result === 'unchanged'
    if (later < step || (!isDone && result !== 'in_doubt')) continue
    if (!comesTooLate([action], { action: name as Action, result })) continue
    return isDone
      ? {
          reason: 'superseded',
          message: `not done, because step ${later} (${name}) of this row was carried out`,
        }
      : {
          reason: 'in_doubt',
          message: `not done yet, because step ${later} (${name}) of this row is in doubt`,
        }
  }
  return null
}

/**
 * What a step's result decides for the later steps of its row; null when they go on.
 *
 * @param goesOn whether the job lets them go on after a failure
 */
export function skipAfter(result: TaskResult, goesOn: boolean): Skip | null {
  // These apply to the row as a whole.
  if (
    result.reason === 'not_due' ||
    result.reason === 'other_login' ||
    result.reason === 'changed_since_plan'
  ) {
    return { reason: result.reason, message: result.message }
  }
  if (result.result === 'failed' && !goesOn) {
    return { reason: 'earlier_step', message: `step ${result.step} (${result.action}) of this row failed` }
  }
  if (result.result === 'in_doubt') {
    return { reason: 'in_doubt', message: `step ${result.step} (${result.action}) of this row is in doubt` }
  }
  return null
}

/**
 * The statuses that a user may have after these results, by what was applied; null if nothing changed the status.
 *
 * @param before the statuses that were possible before these results
 */
export function ledBy(
  results: readonly Pick<TaskResult, 'action' | 'result'>[],
  before: readonly UserStatus[] | null,
): readonly UserStatus[] | null {
  let led = before
  for (const { action: name, result } of results) {
    const action = result === 'succeeded' ? parseAction(name) : null
    const target = action === null ? [] : ruleOf(action).target
    if (target.length > 0) led = target
  }
  return led
}
