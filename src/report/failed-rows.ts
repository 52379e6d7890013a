import { cellAt } from '../input/json/nested.ts'
import { notReadMark } from '../input/judge-row.ts'
import { trimInvisible } from '../input/key/trim.ts'
import type { Cell } from '../input/row.ts'
import type { ReportRow } from './report-row.ts'

const whyColumn = 'why'
const otherWhyColumn = 'failed_why'

/** The place of a column that an earlier `failed.csv` added, and that gives way to the new one: the last, exactly. */
function placeOfWhy(columns: readonly string[]): number {
  const last = columns.at(-1)
  return last === whyColumn || last === otherWhyColumn ? columns.length - 1 : -1
}

/** The input's own columns. One that is named `Why`, or stands elsewhere, is the input's own. */
function ownColumns(columns: readonly string[]): readonly string[] {
  const place = placeOfWhy(columns)
  return columns.filter((_, index) => index !== place)
}

/** The columns of `failed.csv`: the input's own, and `why` (`failed_why` if the input has its own) as the last one. */
export function failedColumns(columns: readonly string[]): readonly string[] {
  const own = ownColumns(columns)
  const isTaken = own.some((column) => trimInvisible(column).toLowerCase() === whyColumn)
  return [...own, isTaken ? otherWhyColumn : whyColumn]
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
  return ownColumns(columns).map((column) => cellAt(row.cells, column))
}

/** What is to be said of the row: the messages of its tasks that did not end well. */
function whyOf({ tasks }: ReportRow): string {
  const said = tasks
    .filter(({ result }) => result !== 'succeeded' && result !== 'unchanged')
    .map(({ result, message }) => (message === '' ? result.replaceAll('_', ' ') : message))
  return [...new Set(said)].join('; ')
}
