import { stringify } from 'csv-stringify/sync'
import type { Cell } from '../row.ts'
import { escapeFormula } from './formula.ts'

/**
 * What csv-stringify leaves unquoted and a reader may trip over: a carriage return, white space that would be trimmed
 * (a byte order mark is white space too), and what a reader that guesses the delimiter may take for one.
 */
const alsoQuoted = /^\s|\s$|[\r;|\t]/

/** A cell as a CSV shows it, not yet quoted: text as it is, nothing for null, objects and lists as JSON. */
function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'string') return cell
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

/**
 * Renders records as CSV: RFC 4180 quoting, commas, each record ended by a line feed, no byte order mark. Cells that
 * a spreadsheet would run as a formula get a leading `'`. Records without any cell give no line.
 */
export function renderCsv(records: readonly (readonly (Cell | undefined)[])[]): string {
  const texts = records
    .filter((record) => record.length > 0)
    .map((record) => record.map((cell) => escapeFormula(cellText(cell))))
  // A record of one empty cell would be a blank line, which readers skip.
  const quotesEmpty = texts[0]?.length === 1
  return stringify(texts, {
    record_delimiter: '\n',
    quoted_empty: quotesEmpty,
    quoted_match: alsoQuoted,
  })
}
