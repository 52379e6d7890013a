import type { InputFormat, ValidRow } from '../row.ts'
import type { DueFormat } from './read-due.ts'

/** Two rows of a sheet whose due dates are written in two ways, one of which may be wrong. */
export interface MixedDates {
  readonly column: string
  /** A row with a date as a text. */
  readonly text: { readonly row: number; readonly cell: string }
  /** A row with a date cell in which day and month could be the other way round. */
  readonly date: { readonly row: number; readonly cell: string }
}

/**
 * Watches a sheet's column of due dates for both texts and date cells. A spreadsheet that expects the month first makes
 * a date of `03/12/2026` and leaves `25/12/2026` as a text, so the cells that look right are the wrong ones.
 */
export class MixedDatesWatch {
  readonly #column: string | null
  #text: MixedDates['text'] | null = null
  #date: MixedDates['date'] | null = null

  /** @param column the column of the due dates, as the input writes its name; null if there is none */
  constructor(format: InputFormat, due: Pick<DueFormat, 'format'> | null, column: string | null) {
    const isAskedFor = format === 'xlsx' && due?.format != null && isOfNumbers(due.format)
    this.#column = isAskedFor ? column : null
  }

  add({ row, cells, dateCell }: Pick<ValidRow, 'row' | 'cells' | 'dateCell'>): void {
    if (this.#column === null) return
    const cell = String(cells.get(this.#column) ?? '')
    if (dateCell === undefined) this.#text ??= { row, cell }
    else if (isAmbiguous(cell)) this.#date ??= { row, cell }
  }

  get found(): MixedDates | null {
    const [column, text, date] = [this.#column, this.#text, this.#date]
    return column === null || text === null || date === null ? null : { column, text, date }
  }
}

/**
 * Whether a format writes day and month as numbers and the year after them. How a spreadsheet reads such dates depends
 * on the country.
 */
function isOfNumbers(format: string): boolean {
  return /d.*y|y.*d/.test(format) && !/^[^dM]*y/.test(format) && /(?<!M)MM?(?!M)/.test(format)
}

/** Whether a day in ISO 8601 becomes another valid day if day and month are swapped. */
function isAmbiguous(iso: string): boolean {
  const [, month = '', day = ''] = /^\d{4}-(\d{2})-(\d{2})/.exec(iso) ?? []
  return Number(day) >= 1 && Number(day) <= 12 && day !== month
}
