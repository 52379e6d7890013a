import { notReadMark } from '../input/judge-row.ts'
import { trimInvisible } from '../input/key/trim.ts'
import type { Cell } from '../input/row.ts'
import type { ReportRow } from './report-row.ts'

const whyColumn = 'why'

/** A `why` of an earlier `failed.csv` gives way to the new one. */
function isWhy(column: string): boolean {
  return trimInvisible(column).toLowerCase() === whyColumn
}

/** The columns of `failed.csv`: the input's own, and `why` as the last one. */
export function failedColumns(columns: readonly string[]): readonly string[] {
  return [...columns.filter((column) => !isWhy(column)), whyColumn]
}

/** A row for `failed.csv`. A row that nobody could read comes back as it was read, not cut or padded to fit. */
export function failedCells(row: ReportRow, columns: readonly string[]): readonly (Cell | undefined)[] {
  const why = whyOf(row)
  if (row.notRead === null) return [...ownCells(row, columns), why]
  const marked = why.startsWith(notReadMark) ? why : `${notReadMark} ${why}`
  const { raw } = row.notRead
  if (raw === null) return [...ownCells(row, columns), marked]
  // The mark of an earlier time gives way, or the row would grow with each feeding.
  return [...raw.filter((cell) => !trimInvisible(cell).toLowerCase().startsWith(notReadMark)), marked]
}

function ownCells(row: ReportRow, columns: readonly string[]): readonly (Cell | undefined)[] {
  return columns.filter((column) => !isWhy(column)).map((column) => row.cells.get(column))
}

/** What is to be said of the row: the messages of its tasks that did not end well. */
function whyOf({ tasks }: ReportRow): string {
  const said = tasks
    .filter(({ result }) => result !== 'succeeded' && result !== 'unchanged')
    .map(({ result, message }) => (message === '' ? result.replaceAll('_', ' ') : message))
  return [...new Set(said)].join('; ')
}
