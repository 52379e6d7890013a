import { shown } from '../messages/shown.ts'
import { isWhyColumn, isWithoutName } from './columns/column-names.ts'
import { textInFormula } from './csv/text-formula.ts'
import { trimInvisible } from './key/trim.ts'
import { checkUserKey } from './key/user-key.ts'
import type { Cell, RawRecord, RowProblem } from './row.ts'

/** How `failed.csv` marks a row that could not be read, or whose key names somebody else by now. */
export const notReadMark = 'not read:'

/** Whether a cell is such a mark. */
export function isNotReadMark(cell: Cell | undefined): cell is string {
  // Looking for the word first keeps this cheap: every cell of an input is checked.
  return typeof cell === 'string' && /read/i.test(cell) && /^not\s+read\s*:/i.test(trimInvisible(cell))
}

/** The last column whose name is one that `failed.csv` adds; undefined if there is none. */
export function findWhyColumn(columns: readonly string[]): string | undefined {
  return columns.findLast(isWhyColumn)
}

/**
 * Creates a check of a file's rows for what a `failed.csv` says about them.
 *
 * A row that is marked as not read is bad. It has too many or too few cells, so the mark may be under any column, even
 * if the column of reasons was renamed or removed. A row that lost its mark but was not corrected is bad too. A user
 * under the last columns, where reasons are expected, gives it away. Its other cells are then under wrong names as
 * well.
 */
export function createMarkCheck({
  columns,
  user,
}: {
  readonly columns: readonly string[]
  readonly user: string
}): (record: Pick<RawRecord, 'cells' | 'raw'>) => RowProblem | null {
  const why = findWhyColumn(columns)
  // A spreadsheet adds columns without a name, if a row is wider than the header.
  const isAdded = (column: string): boolean => isWhyColumn(column) || isWithoutName(column)
  const added =
    why === undefined
      ? []
      : columns
          .slice(columns.findLastIndex((column) => !isAdded(column)) + 1)
          .filter((column) => column !== user)
  return ({ cells, raw }) => {
    if (hasMark(cells.values()) || (raw !== null && hasMark(raw))) {
      const where = why === undefined ? 'one of its cells' : shown(why)
      return {
        column: why ?? null,
        message: `the row could not be read before, or it was not clear whom it means, as ${where} says; correct the row and empty that cell`,
      }
    }
    const slid = added.find((column) => isUser(cells.get(column)))
    if (slid === undefined) return null
    return {
      column: null,
      message: `the cell under ${shown(slid)} is ${shown(String(cells.get(slid)))}; a reason or nothing was expected, so the cells may be under the wrong columns`,
    }
  }
}

function hasMark(cells: Iterable<Cell>): boolean {
  for (const cell of cells) if (isNotReadMark(cell)) return true
  return false
}

function isUser(cell: Cell | undefined): boolean {
  const check = checkUserKey(trimInvisible(textInFormula(typeof cell === 'string' ? cell : '')))
  return 'key' in check && check.kind !== 'short_name'
}
