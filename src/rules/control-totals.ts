import * as z from 'zod'
import { counted } from '../messages/counted.ts'
import type { Reason } from './result.ts'

const count = z.int().min(0)

/**
 * What became of the rows of an input, so that none can vanish without a trace: `rows` is the sum of the others. Only
 * the rows in `with_tasks` have tasks that matter to a person.
 */
export const controlTotalsSchema = z
  .strictObject({
    rows: count,
    with_tasks: count.describe('Rows with tasks to be done.'),
    bad: count.describe('Rows that could not be read or understood.'),
    not_selected: count.describe('Rows that input.where leaves out.'),
    not_due: count.describe('Rows that were not due yet.'),
    duplicates: count.describe("Rows that repeat the same user's preceding row."),
  })
  .describe('What became of the rows; rows is the sum of the others.')

export type ControlTotals = Readonly<z.infer<typeof controlTotalsSchema>>

/** The total in which a row counts. */
type ControlKind = Exclude<keyof ControlTotals, 'rows'>

const kinds: Readonly<Partial<Record<Reason, ControlKind>>> = {
  invalid_row: 'bad',
  not_selected: 'not_selected',
  not_due: 'not_due',
  duplicate: 'duplicates',
}

/** Counts rows by the reason why their first task was skipped; null if it was not. */
export class ControlCounter {
  readonly #counts: Record<keyof ControlTotals, number> = {
    rows: 0,
    with_tasks: 0,
    bad: 0,
    not_selected: 0,
    not_due: 0,
    duplicates: 0,
  }

  add(reason: Reason | null): void {
    this.#counts.rows++
    this.#counts[(reason === null ? undefined : kinds[reason]) ?? 'with_tasks']++
  }

  totals(): ControlTotals {
    return { ...this.#counts }
  }
}

/** The totals as a sum: `12 rows = 8 with tasks + 1 bad + 0 not selected + 2 not due + 1 duplicate`. */
export function renderControlTotals(totals: ControlTotals): string {
  const { rows, with_tasks, bad, not_selected, not_due, duplicates } = totals
  const parts = [
    `${with_tasks} with tasks`,
    `${bad} bad`,
    `${not_selected} not selected`,
    `${not_due} not due`,
    counted(duplicates, 'duplicate'),
  ]
  return `${counted(rows, 'row')} = ${parts.join(' + ')}`
}
