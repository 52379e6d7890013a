import { shown } from '../messages/shown.ts'
import { plainName } from './columns/column-names.ts'
import { textInFormula } from './csv/text-formula.ts'
import { trimInvisible } from './key/trim.ts'
import { checkUserKey } from './key/user-key.ts'
import type { Cell, RawRecord, RowProblem } from './row.ts'

/** How `failed.csv` marks a row that nobody could read. */
export const notReadMark = 'not read:'

/** Whether a cell is such a mark. It counts only in a file with a column that {@link findWhyColumn} finds. */
export function isNotReadMark(cell: Cell | undefined): cell is string {
  return typeof cell === 'string' && /^not\s+read\s*:/i.test(trimInvisible(cell))
}

/** The last column that is named as one that `failed.csv` adds; undefined if there is none. */
export function findWhyColumn(columns: readonly string[]): string | undefined {
  return columns.findLast(isWhy)
}

function isWhy(column: string): boolean {
  return /^(?:why|failedwhy\d*)$/.test(plainName(column))
}

/**
 * A check of a file's rows for what `failed.csv` says of them. Null if the file has no column as it adds one.
 *
 * A row that is marked as not read is bad. It has too many or too few cells, so the mark may stand under any column. So is
 * a row that lost its mark but was not put right, as far as that can be seen: with a user under the last columns, where
 * reasons are expected. Its other cells then stand under wrong names too.
 */
export function createMarkCheck({
  columns,
  user,
}: {
  readonly columns: readonly string[]
  readonly user: string
}): ((record: Pick<RawRecord, 'cells' | 'raw'>) => RowProblem | null) | null {
  const why = findWhyColumn(columns)
  if (why === undefined) return null
  // A spreadsheet adds columns without a name, if a row is wider than the header.
  const isAdded = (column: string): boolean => isWhy(column) || /^column_\d+$/.test(column)
  const added = columns
    .slice(columns.findLastIndex((column) => !isAdded(column)) + 1)
    .filter((column) => column !== user)
  return ({ cells, raw }) => {
    if ([...cells.values(), ...(raw ?? [])].some(isNotReadMark))
      return {
        column: why,
        message: `the row could not be read before, as ${shown(why)} says; put the row right and empty that cell`,
      }
    const slid = added.find((column) => isUser(cells.get(column)))
    if (slid === undefined) return null
    return {
      column: null,
      message: `the cell under ${shown(slid)} is ${shown(String(cells.get(slid)))}; a reason or nothing was expected, so the cells may stand under the wrong columns`,
    }
  }
}

function isUser(cell: Cell | undefined): boolean {
  const check = checkUserKey(trimInvisible(textInFormula(typeof cell === 'string' ? cell : '')))
  return 'key' in check && check.kind !== 'short_name'
}
