import type { ValidRow } from '../input/row.ts'
import type { Action } from '../okta/actions.ts'
import { excusedSteps } from '../rules/excused.ts'
import type { TaskResult } from '../rules/result.ts'
import type { RowWithResults } from '../run/rows-with-results.ts'

/** A row that a retry takes up: which of its actions are still to be done, and which are done. */
export interface RetriedRow {
  readonly input: ValidRow
  /** The actions that are still to be done, in order. */
  readonly todo: readonly Action[]
  /** Results that are kept. Their tasks are never sent again. */
  readonly standing: readonly TaskResult[]
}

/**
 * What a retry takes up of a row; null if none of its tasks failed (except as the job allows), is in doubt or was not
 * run. Tasks that a guard or the rules of the input kept from being sent stay skipped, and a bad row stays bad.
 *
 * @param steps the steps of the job; null if it has none
 */
export function selectRow(
  { input, results }: RowWithResults,
  steps: Parameters<typeof excusedSteps>[1],
): RetriedRow | null {
  const excused = excusedSteps(
    results.map((result) => result?.result ?? null),
    steps,
  )
  const isLeft = (result: TaskResult | null): boolean =>
    isOpen(result) && !(result !== null && excused.includes(result.step))
  if (input.kind !== 'valid' || !results.some(isLeft)) return null
  return {
    input,
    todo: input.actions.filter((_, index) => isTodo(results[index] ?? null)),
    standing: results.filter((result) => result !== null).filter((result) => !isTodo(result)),
  }
}

/**
 * Whether a task leaves something to be done: it failed, is in doubt, has no result, or was skipped because of a doubt.
 */
function isOpen(result: TaskResult | null): boolean {
  // Nobody knows whom the lost call was sent to, so nothing can settle it, and nothing may be sent for it.
  if (result?.result === 'in_doubt' && result.reason === 'other_user') return false
  if (result === null || result.result === 'failed' || result.result === 'in_doubt') return true
  return result.reason === 'in_doubt'
}

/** Whether the retry does this task again. */
function isTodo(result: TaskResult | null): boolean {
  return isOpen(result) || result?.reason === 'earlier_step'
}
