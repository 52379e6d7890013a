import { Refusal } from '../../messages/known-error.ts'
import { shownList, shownUnlessSecret } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { type Lines, LineTooLong, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import { type Cell, type RawRecord, rowPlace } from '../row.ts'
import { cellError, decodeCell } from './cell-text.ts'
import { csvProblem, lineNumber, type ParsedLines, parseLines } from './parse-lines.ts'
import { type CsvLayout, readCsvLayout } from './read-header.ts'

/** A record may be longer in the file than its cells together, because of doubled quotes and delimiters. */
const longestLine = 4 * maxRecordLength

/** Some lines of the file, and the records in them. */
interface Batch extends ParsedLines {
  readonly lines: Lines
}

/** Reads the file some lines at a time, so that the first line of each record is known. */
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
    // An error of csv-parse says more about the cause: most often a quote is not closed.
    if (found !== null)
      yield { lines: { bytes, offset: 0, starts: [0], numbers: [line] }, records: [], error: found }
    throw error
  }
}

/** Whether a cell contains nothing visible. */
function isEmpty(cell: string): boolean {
  const first = cell.charCodeAt(0)
  // Most cells begin with a visible character and need no further check.
  if (first > 0x20 && first < 0x7f) return false
  return cell === '' || trimInvisible(Buffer.from(cell, 'latin1').toString()) === ''
}

/** What is needed to make rows of records. */
interface RecordRules {
  readonly input: InputFile
  readonly columns: readonly string[]
  /** How many cells a record must have: up to the last column that is used. */
  readonly needed: number
}

function toRecord(rules: RecordRules, row: number, line: number, record: readonly string[]): RawRecord {
  const { input, columns, needed } = rules
  const cells = new Map<string, Cell>()
  const decode = (cell: string, index: number): string => {
    try {
      return decodeCell(cell)
    } catch (error) {
      const column = columns[index]
      const where = column === undefined ? `cell ${index + 1}` : `column ${shownUnlessSecret(column)}`
      throw cellError(input, `${input.name}, ${rowPlace({ row, line })}, ${where}`, cell, error)
    }
  }
  for (const [index, column] of columns.entries()) {
    const cell = record[index]
    cells.set(column, cell === undefined ? '' : decode(cell, index))
  }
  if (record.length === columns.length) return { row, line, cells, raw: null, problems: [] }
  // Spreadsheets leave out empty cells at the end of a row, or add some.
  const complete =
    record.length < columns.length ? record.length >= needed : record.slice(columns.length).every(isEmpty)
  if (complete) return { row, line, cells, raw: null, problems: [] }
  const count = record.length === 1 ? '1 cell' : `${record.length} cells`
  const expected = columns.length === 1 ? '1 was expected' : `${columns.length} were expected`
  const problems = [
    { column: null, message: `the row has ${count}, but ${expected}: a cell may be under the wrong column` },
  ]
  return { row, line, cells, raw: record.map(decode), problems }
}

/**
 * Reads the records of a CSV file whose header has exactly these columns, which also tells the delimiter. Records with
 * only empty cells are not rows. Surplus empty cells at the end of a record are ignored, and cells missing at its end
 * are taken as empty if there are `needed` cells. Any other wrong number of cells is a problem of the record, which
 * then has its cells in `raw`.
 * Throws KnownError if the header has other columns, and, naming row and line, at a stray or unclosed quote, at bytes
 * that are not of the file's encoding, and at a record longer than 1 MiB.
 */
export async function* readCsv(
  input: InputFile,
  columns: readonly string[],
  chunkBytes?: number,
  needed: number = columns.length,
): AsyncGenerator<RawRecord> {
  const layout = await readCsvLayout(input, (names) => (sameNames(names, columns) ? 1 : 0), chunkBytes)
  if (!sameNames(layout.columns, columns))
    throw new Refusal(
      `${input.name}: the header has the columns ${shownList(layout.columns)}; ${shownList(columns)} were expected.`,
      'The file has changed since its header was read: start again.',
    )
  const rules = { input, columns, needed }
  let isHeader = true
  let row = 0
  try {
    for await (const { lines, records, error } of readBatches(input, layout, chunkBytes)) {
      for (const [index, record] of records.entries()) {
        if (isHeader) {
          isHeader = false
          continue
        }
        if (isEmpty(record[0] ?? '') && record.every(isEmpty)) continue
        yield toRecord(rules, ++row, lineNumber(lines, index), record)
      }
      if (error !== null)
        throw csvProblem(input.name, layout, row + 1, lineNumber(lines, records.length), error)
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error
    throw new Refusal(
      `${input.name}, ${rowPlace({ row: row + 1, line: error.line })}: the record is longer than 1 MiB.`,
      'Check that the file is CSV with one record per line, and remove what is not a record.',
    )
  }
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, index) => name === others[index])
}
