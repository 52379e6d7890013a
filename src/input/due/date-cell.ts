import { trimInvisible } from '../key/trim.ts'
import type { Cell } from '../row.ts'

const marked = /^(\d{4}-\d{2}-\d{2}(?:T\S+)?) \(date cell\)$/i

/**
 * The form of a workbook's date cell in a CSV. Without the mark after it, the ISO 8601 date would look like a text that
 * somebody typed, which `input.due.format` would read in another way or refuse.
 * @param iso as the reader of workbooks writes it
 */
function markDateCell(iso: string): string {
  return `${iso} (date cell)`
}

/** The ISO 8601 text of a cell that {@link cellToFeed} wrote for a date cell; null for any other cell. */
export function unmarkDateCell(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? (marked.exec(trimInvisible(cell))?.[1] ?? null) : null
}

/** A row's own cells, and which of them is a date by its own type, whatever `input.due.format` says. */
interface FedRow {
  readonly cells: ReadonlyMap<string, Cell>
  readonly dateCell?: string
}

/** A cell of a row as it is written to a file that will be read again as an input. */
export function cellToFeed({ cells, dateCell }: FedRow, column: string): Cell | undefined {
  const cell = cells.get(column)
  return column === dateCell && typeof cell === 'string' ? markDateCell(cell) : cell
}
