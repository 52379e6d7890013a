import { trimInvisible } from '../key/trim.ts'
import type { Cell } from '../row.ts'

const marked = /^(\d{4}-\d{2}-\d{2}(?:T\S+)?) \(date cell\)$/i

/**
 * A date cell of a workbook as a CSV can say it. Without the words after it, ISO 8601 would be a text that somebody typed,
 * which `input.due.format` reads in its own way or refuses.
 * @param iso as the reader of workbooks writes it
 */
function markDateCell(iso: string): string {
  return `${iso} (date cell)`
}

/** The ISO 8601 text of a cell that {@link cellToFeed} wrote for a date cell; null for any other cell. */
export function unmarkDateCell(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? (marked.exec(trimInvisible(cell))?.[1] ?? null) : null
}

/** A row's own cells, and which of them is a date by its kind and not by `input.due.format`. */
interface FedRow {
  readonly cells: ReadonlyMap<string, Cell>
  readonly dateCell?: string
}

/** A cell of a row as it is written where it will be read again. */
export function cellToFeed({ cells, dateCell }: FedRow, column: string): Cell | undefined {
  const cell = cells.get(column)
  return column === dateCell && typeof cell === 'string' ? markDateCell(cell) : cell
}
