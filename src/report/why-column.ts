import { isAddedName } from '../input/columns/column-names.ts'
import { trimInvisible } from '../input/key/trim.ts'
import { isNotReadMark } from '../input/not-read-mark.ts'
import type { Cell } from '../input/row.ts'
import { type ReportRow, reportedResults } from './report-row.ts'

/** The names of the column that `failed.csv` adds, the first that the input does not have. */
function* whyNames(): Generator<string> {
  yield 'why'
  yield 'failed_why'
  for (let number = 2; ; number++) yield `failed_why_${number}`
}

/** A name for the added column that none of the others has in any letter case. */
export function nameWhy(columns: readonly string[]): string {
  const taken = new Set(columns.map((column) => trimInvisible(column).toLowerCase()))
  for (const name of whyNames()) if (!taken.has(name)) return name
  throw new Error('Every name is taken.')
}

/** How a reason in `failed.csv` begins: with the result in words. */
const reason = new RegExp(
  `^(?:${reportedResults.map((result) => result.replaceAll('_', ' ')).join('|')})(?:[:;]|$)`,
)

function isReason(cell: Cell | undefined): boolean {
  if (cell === undefined || cell === '') return true
  return typeof cell === 'string' && (reason.test(cell) || isNotReadMark(cell))
}

/**
 * The column that an earlier `failed.csv` added to this input; null if there is none. It is the last one, has exactly
 * one of the names that we give, means nothing to the job, and each of its cells is empty or begins like one of our
 * reasons. Any other column is the input's own. Even a column that is wrongly taken for ours loses no text: see
 * `failedCells`.
 *
 * @param used the columns that mean something to the job
 */
export async function findEarlierWhy(
  columns: readonly string[],
  used: readonly string[],
  rows: () => AsyncIterable<ReportRow>,
): Promise<string | null> {
  const last = columns.at(-1)
  if (last === undefined || !isAddedName(last) || used.includes(last)) return null
  for await (const { cells, notRead } of rows()) {
    // In a row with another number of cells, it is not known which cell is this column's. It comes back as it was read.
    if ((notRead?.raw ?? null) === null && !isReason(cells.get(last))) return null
  }
  return last
}
