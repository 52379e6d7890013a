import { shown } from '../../messages/shown.ts'
import type { ColumnWarning } from '../columns/unused-columns.ts'
import type { ValidRow } from '../row.ts'
import type { DueFormat } from './read-due.ts'

/** A column of days of which each says midnight. */
export interface Midnights {
  readonly column: string
  /** A cell of it. */
  readonly example: string
}

/** A date that goes on with midnight and no offset, in ISO 8601. */
const midnight = /^\d{4}-\d{2}-\d{2}[T ]00:00(:00([.,]0+)?)?$/i

/**
 * Watches the column of days for dates that all say midnight. Programs that know no date without a time write the day
 * `2026-03-02` as `2026-03-02 00:00:00`, which is its beginning: somebody whose last day it is would be out a day early.
 */
export class MidnightsWatch {
  readonly #column: string | null
  #example: string | null = null
  #isAny = true

  /** @param column the column of the days, as the input writes it; null if there is none */
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

/** What a person should know of such a column, who may have meant whole days. */
export function warnOfMidnights(midnights: Midnights | null): readonly ColumnWarning[] {
  if (midnights === null) return []
  const { column, example } = midnights
  const message = `The column ${shown(column)} says midnight in every row (${shown(example)}), which is the beginning of that day. If days are meant, which end at their end, set input.due.format to "yyyy-MM-dd '00:00:00'" as the cells are written, or send dates alone.`
  return [{ column, message }]
}
