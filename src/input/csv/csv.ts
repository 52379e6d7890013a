import { pipeline } from 'node:stream'
import { CsvError, type Parser, parse } from 'csv-parse'
import { KnownError } from '../../messages/known-error.ts'
import { shown, shownList } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { lineAt } from '../bytes/line-at.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import type { InputFile } from '../input-file.ts'
import type { Cell, RawRecord } from '../row.ts'
import {
  type CsvLayout,
  cellError,
  csvOptions,
  decodeCell,
  quoteFormulas,
  readCsvLayout,
} from './csv-layout.ts'

const closeQuotes =
  'Put a cell that holds a quote in quotes and write each quote in it twice: "the ""real"" name". Saving the file again as CSV from a spreadsheet does that.'

const csvProblems: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'the quote that opens the cell is never closed'],
  ['CSV_INVALID_CLOSING_QUOTE', 'a quote ends the cell, but text follows it'],
  ['INVALID_OPENING_QUOTE', 'a quote stands inside a cell that does not begin with one'],
  ['CSV_MAX_RECORD_SIZE', 'the record is longer than 1 MiB, perhaps for a quote that is never closed'],
])

/** What csv-parse tells with an error, beside its code. */
function placeOf(error: CsvError): { row: number; cell: number; bytes: number } {
  const { records, index, bytes } = error
  if (typeof records !== 'number' || typeof index !== 'number' || typeof bytes !== 'number') throw error
  // The header counts as csv-parse's first record, so that the record under way has the number of those before it.
  return { row: records, cell: index, bytes }
}

async function explain(input: InputFile, layout: CsvLayout, error: CsvError): Promise<KnownError> {
  const { row, cell, bytes } = placeOf(error)
  const line = await lineAt(quoteFormulas(textChunks(input, 0), layout.delimiter), layout.start + bytes)
  const column = layout.columns[cell]
  const where = column === undefined ? `cell ${cell + 1}` : `column ${shown(column)}`
  const what = csvProblems.get(error.code) ?? error.message
  return new KnownError(
    `${input.name}, row ${row} (line ${line}), ${where}: ${what}.`,
    closeQuotes,
    undefined,
    error,
  )
}

/** Bounds what csv-parse does not: a record of endless empty cells. */
async function* bounded(chunks: AsyncIterable<Buffer>, name: string, parser: Parser): AsyncGenerator<Buffer> {
  let records = 0
  let length = 0
  for await (const chunk of chunks) {
    if (parser.info.records > records) {
      records = parser.info.records
      length = 0
    }
    // csv-parse is some pieces behind, and blank lines are no records: hence four times.
    if (length > 4 * maxRecordLength)
      throw new KnownError(
        `${name}, row ${Math.max(1, records)}: the record is longer than 1 MiB.`,
        'Check that the file is CSV with one record a line, and remove what is no record.',
      )
    length += chunk.length
    yield chunk
  }
}

function toRecord(
  input: InputFile,
  row: number,
  columns: readonly string[],
  record: readonly string[],
): RawRecord {
  const cells = new Map<string, Cell>()
  for (const [index, column] of columns.entries()) {
    const cell = record[index]
    if (cell === undefined) break
    try {
      cells.set(column, decodeCell(cell))
    } catch (error) {
      throw cellError(input, `${input.name}, row ${row}, column ${shown(column)}`, cell, error)
    }
  }
  if (record.length === columns.length) return { row, cells, problems: [] }
  const count = record.length === 1 ? '1 cell' : `${record.length} cells`
  const expected = columns.length === 1 ? '1 was expected' : `${columns.length} were expected`
  return { row, cells, problems: [{ column: null, message: `${count}, ${expected}` }] }
}

/**
 * Reads the records of a CSV file whose header has exactly these columns; that is also what tells the delimiter.
 * A record with a wrong number of cells comes with that as its problem, and with its cells as far as columns go.
 * Records of nothing but empty cells at the end of the file are what spreadsheets leave of cleared rows: they are no
 * rows. One that others follow is a row, for it may have named somebody.
 * Throws KnownError, naming row and line, where the header has other columns, at a stray or unclosed quote, at bytes
 * that are not of its encoding, and at a record longer than 1 MiB.
 */
export async function* readCsv(
  input: InputFile,
  columns: readonly string[],
  chunkBytes?: number,
): AsyncGenerator<RawRecord> {
  const layout = await readCsvLayout(input, (names) => (sameNames(names, columns) ? 1 : 0), chunkBytes)
  if (!sameNames(layout.columns, columns))
    throw new KnownError(
      `${input.name}: the header has the columns ${shownList(layout.columns)}; ${shownList(columns)} were expected.`,
      'The file has changed since its header was read: start again.',
    )
  const parser = parse({ ...csvOptions, delimiter: layout.delimiter })
  const text = quoteFormulas(textChunks(input, layout.start, chunkBytes), layout.delimiter)
  const chunks = bounded(text, input.name, parser)
  // Errors reach the loop below through the parser; the callback must be there, and has nothing to add.
  pipeline(chunks, parser, () => {})
  let row = -1
  /** Of the empty records before this one, how many cells each has: not yet known to be rows. */
  let emptyRecords: number[] = []
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (row < 0) {
        row = 0
        continue
      }
      if (record[0] === '' && record.every((cell) => cell === '')) {
        emptyRecords.push(record.length)
        continue
      }
      for (const length of emptyRecords) {
        row += 1
        yield toRecord(input, row, columns, new Array<string>(length).fill(''))
      }
      emptyRecords = []
      row += 1
      yield toRecord(input, row, columns, record)
    }
  } catch (error) {
    throw error instanceof CsvError ? await explain(input, layout, error) : error
  }
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index])
}
