import { cellToFeed } from '../input/due/date-cell.ts'
import { cellAt } from '../input/json/nested.ts'
import { trimInvisible } from '../input/key/trim.ts'
import { findWhyColumn, isNotReadMark, notReadMark } from '../input/not-read-mark.ts'
import type { Cell } from '../input/row.ts'
import type { ReportRow } from './report-row.ts'
import { nameWhy } from './why-column.ts'

/** What `failed.csv` is made of. */
export interface FailedLayout {
  /** The input's own columns, and one for each name that reaches into an object. */
  readonly own: readonly string[]
  /** The added column, the last one. */
  readonly why: string
  /** The column of an earlier `failed.csv`, which gives way to the new one; null if there is none. */
  readonly earlier: string | null
  /** Whether the input has a column in which rows may be marked as not read. */
  readonly hasMarks: boolean
}

/**
 * Lays out `failed.csv`: every column of the input, and the reason as the last one.
 *
 * @param dotted names that reach into objects, which get columns of their own, so that the same job can read the file
 * @param earlier the column of an earlier `failed.csv`, as `findEarlierWhy` finds it
 */
export function layOutFailed(
  columns: readonly string[],
  dotted: readonly string[] = [],
  earlier: string | null = null,
): FailedLayout {
  const own = [...columns, ...new Set(dotted)].filter((column) => column !== earlier)
  return { own, why: nameWhy(own), earlier, hasMarks: findWhyColumn(columns) !== undefined }
}

/** The columns of `failed.csv`. */
export function failedColumns({ own, why }: FailedLayout): readonly string[] {
  return [...own, why]
}

/**
 * A row for `failed.csv`. A row that nobody could read comes back as it was read, not cut or padded to fit. Nothing of
 * a row is lost: earlier marks move into the new cell unchanged, so that the row does not grow each time it is fed, and
 * an earlier reason is kept after the new one.
 */
export function failedCells(row: ReportRow, layout: FailedLayout): readonly (Cell | undefined)[] {
  const { hasMarks, earlier } = layout
  const raw = row.notRead?.raw ?? null
  const cells = raw ?? layout.own.map((column) => ownCell(row, column))
  const before = raw !== null || earlier === null ? undefined : row.cells.get(earlier)
  const isMark = (cell: Cell | undefined): cell is string => hasMarks && isNotReadMark(cell)
  const marks = [...cells, before].filter(isMark)
  if (marks.length > 0) {
    const left = cells.map((cell) => (isMark(cell) ? '' : cell))
    const kept = withReasonBefore([...new Set(marks)].join('; '), isMark(before) ? undefined : before)
    return [...(raw === null ? left : withoutEmptyEnd(left)), kept]
  }
  const why = withReasonBefore(whyOf(row), before)
  return [
    ...(raw === null ? cells : withoutEmptyEnd(cells)),
    row.notRead === null ? why : `${notReadMark} ${why}`,
  ]
}

function ownCell(row: ReportRow, column: string): Cell | undefined {
  return row.cells.has(column) ? cellToFeed(row, column) : cellAt(row.cells, column)
}

/** Empty cells at the end of a row mean nothing; if they were kept, each feeding would add more. */
function withoutEmptyEnd(cells: readonly (Cell | undefined)[]): readonly (Cell | undefined)[] {
  const isEmpty = (cell: Cell | undefined): boolean => typeof cell === 'string' && trimInvisible(cell) === ''
  return cells.slice(0, cells.findLastIndex((cell) => !isEmpty(cell)) + 1)
}

function withReasonBefore(why: string, before: Cell | undefined): string {
  if (typeof before !== 'string' || before === '' || before === why) return why
  return before.startsWith(`${why}; before: `) ? before : `${why}; before: ${before}`
}

/** What there is to say about the row: the messages of its tasks that did not end well, each with its result. */
function whyOf({ tasks, notRead }: ReportRow): string {
  const said = tasks
    .filter(({ result }) => result !== 'succeeded' && result !== 'unchanged')
    .map(({ result, message }) => {
      const words = result.replaceAll('_', ' ')
      if (message === '') return words
      return notRead === null ? `${words}: ${message}` : message
    })
  return [...new Set(notRead?.why === undefined ? said : [...said, notRead.why])].join('; ')
}
