import { plainName } from './columns/column-names.ts'
import { trimInvisible } from './key/trim.ts'
import type { Cell } from './row.ts'

/** How `failed.csv` marks a row that nobody could read. */
export const notReadMark = 'not read:'

/** Whether a cell is such a mark. It counts only in a file with a column that {@link findWhyColumn} finds. */
export function isNotReadMark(cell: Cell | undefined): cell is string {
  return typeof cell === 'string' && /^not\s+read\s*:/i.test(trimInvisible(cell))
}

/** The last column that is named as one that `failed.csv` adds; undefined if there is none. */
export function findWhyColumn(columns: readonly string[]): string | undefined {
  return columns.findLast((column) => /^(?:why|failedwhy\d*)$/.test(plainName(column)))
}
