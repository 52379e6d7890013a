import { KnownError } from '../../messages/known-error.ts'
import { shown, shownList } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { type Lines, LineTooLong, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import type { InputFile } from '../input-file.ts'
import type { Cell, RawRecord } from '../row.ts'
import { cellError, decodeCell } from './cell-text.ts'
import { csvProblem, lineNumber, type ParsedLines, parseLines } from './parse-lines.ts'
import { type CsvLayout, readCsvLayout } from './read-header.ts'

/** A record may be longer in the file than its cells are: quotes are written twice, and delimiters are not counted. */
const longestLine = 4 * maxRecordLength

/** Some lines as they stand in the file, and the records in them. */
interface Batch extends ParsedLines {
  readonly lines: Lines
}

/** Reads the file some lines at a time: csv-parse takes whole records, and which line each begins in is known. */
async function* readBatches(
  input: InputFile,
  layout: CsvLayout,
  chunkBytes: number | undefined,
): AsyncGenerator<Batch> {
  const chunks = textChunks(input, layout.start, chunkBytes)
  const rules = { quotes: true, longest: longestLine, firstLine: layout.line }
  try {
    for await (const lines of splitLines(chunks, rules))
      yield { lines, ...parseLines(lines.bytes, layout.delimiter) }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error
    const { beginning: bytes, line } = error
    const { error: found } = parseLines(bytes, layout.delimiter)
    // csv-parse says more of it: most often a quote is not closed.
    if (found !== null)
      yield { lines: { bytes, offset: 0, starts: [0], numbers: [line] }, records: [], error: found }
    throw error
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
  let isHeader = true
  let row = 0
  /** Of the empty records before this one, how many cells each has: not yet known to be rows. */
  let emptyRecords: number[] = []
  try {
    for await (const { lines, records, error } of readBatches(input, layout, chunkBytes)) {
      for (const record of records) {
        if (isHeader) {
          isHeader = false
          continue
        }
        if (record[0] === '' && record.every((cell) => cell === '')) {
          emptyRecords.push(record.length)
          continue
        }
        for (const length of emptyRecords)
          yield toRecord(input, ++row, columns, new Array<string>(length).fill(''))
        emptyRecords = []
        yield toRecord(input, ++row, columns, record)
      }
      if (error !== null)
        throw csvProblem(
          input.name,
          layout,
          row + emptyRecords.length + 1,
          lineNumber(lines, records.length),
          error,
        )
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error
    throw new KnownError(
      `${input.name}, row ${row + emptyRecords.length + 1}: the record is longer than 1 MiB.`,
      'Check that the file is CSV with one record a line, and remove what is no record.',
    )
  }
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index])
}
