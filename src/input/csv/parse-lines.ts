import { CsvError, parse } from 'csv-parse/sync'
import { Refusal } from '../../messages/known-error.ts'
import { shownUnlessSecret } from '../../messages/shown.ts'
import type { Lines } from '../bytes/split-lines.ts'
import { csvOptions } from './cell-text.ts'
import type { CsvLayout } from './read-header.ts'
import { quoteFormulas } from './text-formula.ts'

/** The records of some lines, and the error that ended the reading, if there was one. */
export interface ParsedLines {
  readonly records: readonly (readonly string[])[]
  readonly error: CsvError | null
}

/** Reads some whole lines as CSV. */
export function parseLines(bytes: Buffer, delimiter: string): ParsedLines {
  const quoted = quoteFormulas(bytes, delimiter)
  const options = { ...csvOptions, delimiter }
  try {
    return { records: parse(quoted, options), error: null }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const before = Number(error.records)
    return { records: before === 0 ? [] : parse(quoted, { ...options, to: before }), error }
  }
}

const closeQuotes =
  'Put a cell that contains a quote in quotes and write each quote in it twice: "the ""real"" name". Saving the file again as CSV from a spreadsheet does that.'

const csvProblems: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'the quote that opens the cell is never closed'],
  ['CSV_INVALID_CLOSING_QUOTE', 'a quote ends the cell, but text follows it'],
  ['INVALID_OPENING_QUOTE', 'there is a quote inside a cell that does not begin with one'],
  ['CSV_MAX_RECORD_SIZE', 'the record is longer than 1 MiB, perhaps because a quote is never closed'],
])

/** The error for a row that csv-parse could not read. */
export function csvProblem(
  name: string,
  layout: CsvLayout,
  row: number,
  line: number,
  error: CsvError,
): Refusal {
  const cell = Number(error.index)
  const column = layout.columns[cell]
  const where = column === undefined ? `cell ${cell + 1}` : `column ${shownUnlessSecret(column)}`
  const what = csvProblems.get(error.code) ?? error.message
  return new Refusal(`${name}, row ${row} (line ${line}), ${where}: ${what}.`, closeQuotes, error)
}

/** The line in which a record begins. */
export function lineNumber({ numbers }: Lines, index: number): number {
  return numbers[index] ?? 0
}
