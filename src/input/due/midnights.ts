import { shown, shownUnlessSecret } from '../../messages/shown.ts'
import type { ColumnWarning } from '../columns/unused-columns.ts'
import type { ValidRow } from '../row.ts'
import type { DueFormat } from './read-due.ts'

/** A column of due dates that all say midnight. */
export interface Midnights {
  readonly column: string
  /** A cell of it. */
  readonly example: string
}

/** A date in ISO 8601 with the time midnight and without an offset. */
const midnight = /^\d{4}-\d{2}-\d{2}[T ]00:00(:00([.,]0+)?)?$/i

/**
 * Watches the column of due dates for dates that all say midnight. Programs that have no dates without a time write the
 * day `2026-03-02` as `2026-03-02 00:00:00`, which is its beginning. Somebody whose last day it is would be locked out
 * a day early.
 */
export class MidnightsWatch {
  readonly #column: string | null
  #example: string | null = null
  #isAny = true

  /** @param column the column of the due dates, as the input writes its name; null if there is none */
  constructor(due: Pick<DueFormat, 'format'> | null, column: string | null) {
    this.#column = due === null || due.format !== null ? null : column
  }

  add({ cells }: Pick<ValidRow, 'cells'>): void {
    if (this.#column === null) return
    const cell = String(cells.get(this.#column) ?? '').trim()
    this.#isAny &&= midnight.test(cell)
    this.#example ??= cell
  }

  get found(): Midnights | null {
    const [column, example] = [this.#column, this.#example]
    return column === null || example === null || !this.#isAny ? null : { column, example }
  }
}

/** The warning of such a column, for a person who may have meant whole days. */
export function warnOfMidnights(midnights: Midnights | null): readonly ColumnWarning[] {
  if (midnights === null) return []
  const { column, example } = midnights
  const message = `The column ${shownUnlessSecret(column)} says midnight in every row (${shown(example)}), which is the beginning of that day. If whole days are meant, so that a row is due at the end of its day, set input.due.format to "yyyy-MM-dd '00:00:00'", in the form of these cells, or write the dates without a time.`
  return [{ column, message }]
}
