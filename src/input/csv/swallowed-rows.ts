import { checkUserKey } from '../key/user-key.ts'
import type { Cell } from '../row.ts'

/** A row inside a cell of another row: the column of that cell, and the user whom the inner row names. */
export interface SwallowedRow {
  readonly column: string
  readonly user: string
}

const lineEnd = /\r\n|\r|\n/
const delimiters = [',', ';', '\t', '|'] as const

/**
 * Finds rows that a stray quote has made part of a cell: by RFC 4180 the cell goes on over line ends to the next quote.
 * The first line of such a cell completes a row, its last line begins one, and the lines in between have as many cells
 * as the table. A remark over several lines does not fit like this, and names no user in the user's column.
 *
 * @param columns of the table, in its order
 * @param user the user's column
 */
export function findSwallowedRow(
  cells: ReadonlyMap<string, Cell>,
  columns: readonly string[],
  user: string,
): SwallowedRow | null {
  for (const [at, column] of columns.entries()) {
    const cell = cells.get(column)
    if (column === user || typeof cell !== 'string' || !lineEnd.test(cell)) continue
    for (const delimiter of delimiters) {
      const found = swallowedUser(cell.split(lineEnd), { delimiter, at, columns, cells, user })
      if (found !== null) return { column, user: found }
    }
  }
  return null
}

interface Place {
  readonly delimiter: string
  /** The place of the cell in its row, from 0. */
  readonly at: number
  readonly columns: readonly string[]
  readonly cells: ReadonlyMap<string, Cell>
  readonly user: string
}

/**
 * The user of a swallowed row, other than the user to whose row the cell seems to belong; null if the lines are not
 * rows.
 */
function swallowedUser(
  lines: readonly string[],
  { delimiter, at, columns, cells, user }: Place,
): string | null {
  const texts = columns.map((column) => String(cells.get(column) ?? ''))
  const rows = lines.map((line, index) => [
    ...(index === 0 ? texts.slice(0, at) : []),
    ...line.split(delimiter),
    ...(index === lines.length - 1 ? texts.slice(at + 1) : []),
  ])
  if (rows.some((row) => row.length !== columns.length)) return null
  const place = columns.indexOf(user)
  // If the user column is left of the cell, the row's own user is in the first of these rows; otherwise in the last.
  const others = place < at ? rows.slice(1) : rows.slice(0, -1)
  for (const row of others) {
    const check = checkUserKey(row[place] ?? '')
    if ('key' in check && check.kind !== 'short_name') return check.key
  }
  return null
}
