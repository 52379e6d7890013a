import type { ValidRow } from '../input/row.ts'
import type { Action } from '../okta/actions.ts'
import type { TaskResult } from '../rules/result.ts'
import type { RowWithResults } from '../run/rows-with-results.ts'

/** A row that a retry takes up: what is to be done of it, and what is done already. */
export interface RetriedRow {
  readonly input: ValidRow
  /** The actions that are still to be done, in order. */
  readonly todo: readonly Action[]
  /** Results that stand: their tasks are never sent again. */
  readonly standing: readonly TaskResult[]
}

/**
 * What a retry takes up of a row: null where nothing failed, is in doubt or was not run. What a guard or the input's own
 * rules kept from being sent stays so, and a row that can't be acted on still can't.
 */
export function selectRow({ input, results }: RowWithResults): RetriedRow | null {
  if (input.kind !== 'valid' || !results.some(isOpen)) return null
  return {
    input,
    todo: input.actions.filter((_, index) => isTodo(results[index] ?? null)),
    standing: results.filter((result) => result !== null).filter((result) => !isTodo(result)),
  }
}

/** Whether a task's end leaves something to be done: it failed, is in doubt, or never came to its turn for that. */
function isOpen(result: TaskResult | null): boolean {
  if (result === null || result.result === 'failed' || result.result === 'in_doubt') return true
  return result.reason === 'in_doubt'
}

/** Whether a task of a row that is taken up is done anew. */
function isTodo(result: TaskResult | null): boolean {
  return isOpen(result) || result?.reason === 'earlier_step'
}
