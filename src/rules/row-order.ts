import { signatureOf, type ValidRow } from '../input/row.ts'
import type { ResultName, SkipReason, TaskResult } from './result.ts'

/** What the next row of the same user must know of a finished row. */
export interface RowTrace {
  /** The row's actions and options as one text, equal for rows that ask for the same. */
  readonly signature: string
  /** Whether a task of the row is in doubt, so that nothing more is done with the user. */
  readonly inDoubt: boolean
}

/** Why a task is skipped because of its own row or an earlier row of its user. */
export interface Skip {
  readonly reason: SkipReason
  readonly message: string
}

/** Whether nothing more may be done with the user after this result. */
export function leavesDoubt(result: {
  readonly result: ResultName
  readonly reason: SkipReason | null
}): boolean {
  return result.result === 'in_doubt' || result.reason === 'in_doubt'
}

/** What a row gets that repeats the preceding row of its user. */
export const duplicateSkip: Skip = {
  reason: 'duplicate',
  message: "repeats the same user's preceding row",
}

/** What the preceding row of the same user decides for a row; null when it decides nothing. */
export function skipForPreceding(
  row: Pick<ValidRow, 'actions' | 'sendEmail'>,
  preceding: RowTrace | null,
): Skip | null {
  if (preceding === null) return null
  if (preceding.inDoubt) {
    return {
      reason: 'in_doubt',
      message: 'an earlier row of this user is in doubt, so nothing more was sent',
    }
  }
  if (preceding.signature === signatureOf(row)) {
    return duplicateSkip
  }
  return null
}

/**
 * What a step's result decides for the later steps of its row; null when they go on.
 *
 * @param goesOn whether the job lets them go on after a failure
 */
export function skipAfter(result: TaskResult, goesOn: boolean): Skip | null {
  // Both are said of a row as a whole.
  if (result.reason === 'not_due' || result.reason === 'other_login') {
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
