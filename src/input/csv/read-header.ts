import { parse } from 'csv-parse/sync'
import { KnownError } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import { maxColumns, maxRecordLength } from '../bytes/limits.ts'
import { LineTooLong, lineOf, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import { cellError, csvOptions, decodeCell } from './cell-text.ts'
import { quoteFormulas } from './text-formula.ts'

/** How a CSV file is laid out. */
export interface CsvLayout {
  readonly delimiter: string
  /** The names in the header, in order; a cell without a name is called `column_N`. */
  readonly columns: readonly string[]
  /** Where the header begins, in bytes of the text as UTF-8: after blank lines and Excel's `sep=` line. */
  readonly start: number
  /** The number of the line that it begins in. */
  readonly line: number
}

/** Rates a header, of several readings of it the best is taken. Of equals, the one with the most columns. */
export type HeaderRating = (columns: readonly string[]) => number

const delimiters = [',', ';', '\t']

/** Excel's own line, which names any one character; here any of ASCII that can stand between cells. */
const separatorLine = /^"?sep=(?![\w"'])([\t!-~])"?$/i

interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly line: number
}

/** The first two lines that are not blank; a quoted line end is part of its line. */
async function firstLines(input: InputFile, chunkBytes: number | undefined): Promise<Line[]> {
  const found: Line[] = []
  const chunks = textChunks(input, 0, chunkBytes)
  try {
    for await (const lines of splitLines(chunks, { quotes: true, longest: maxRecordLength })) {
      for (const [index, start] of lines.starts.entries()) {
        const line = lines.numbers[index] ?? 1
        found.push({ bytes: lineOf(lines, index), start: lines.offset + start, line })
        if (found.length === 2) return found
      }
    }
  } catch (error) {
    // A second line without end is not this function's to judge.
    if (!(error instanceof LineTooLong) || found.length === 0) throw error
  }
  return found
}

function namesIn(input: InputFile, header: Buffer, delimiter: string): string[] | null {
  let cells: string[]
  try {
    cells = parse(quoteFormulas(header, delimiter), { ...csvOptions, delimiter })[0] ?? []
  } catch {
    return null
  }
  return cells.map((cell, index) => {
    try {
      const name = decodeCell(cell)
      return trimInvisible(name) === '' ? `column_${index + 1}` : name
    } catch (error) {
      throw cellError(input, `${input.name}, header, column ${index + 1}`, cell, error)
    }
  })
}

function checkHeader(name: string, columns: readonly string[]): void {
  if (columns.length > maxColumns)
    throw new KnownError(
      `${name}: the header has ${columns.length} columns, at most ${maxColumns} are read.`,
      'Check that the file is CSV with one record a line.',
    )
  const first = new Map<string, number>()
  for (const [index, column] of columns.entries()) {
    const before = first.get(column)
    if (before !== undefined)
      throw new KnownError(
        `${name}: the header names the column ${shown(column)} twice, as columns ${before} and ${index + 1}.`,
        'Rename or remove one of them.',
      )
    first.set(column, index + 1)
  }
}

function tooLong(name: string): KnownError {
  return new KnownError(
    `${name}: the header is longer than 1 MiB.`,
    'Check that the file is CSV, and that the header has no quote that is never closed.',
  )
}

/**
 * Reads the header of a CSV file and tells the delimiter: that of Excel's `sep=` line, else the one of comma,
 * semicolon and tab under which the header gets the best rating. csv-parse would stop at the first record by itself
 * (`to: 1`), but each delimiter needs another reading, so the line is taken once, and read as often as it takes.
 * Throws KnownError where the file is empty or unreadable, or where the header has a stray quote, is not text, names a
 * column twice, or is longer than 1 MiB.
 */
export async function readCsvLayout(
  input: InputFile,
  rate: HeaderRating,
  chunkBytes?: number,
): Promise<CsvLayout> {
  let lines: Line[]
  try {
    lines = await firstLines(input, chunkBytes)
  } catch (error) {
    throw error instanceof LineTooLong ? tooLong(input.name) : error
  }
  const separator = separatorLine.exec(lines[0]?.bytes.toString('latin1') ?? '')?.[1]
  const header = lines[separator === undefined ? 0 : 1]
  if (header === undefined)
    throw new KnownError(
      `${input.name}: the input is empty; a header with the names of the columns was expected.`,
      'Give a file whose first line names its columns, such as "user,action".',
    )
  if (header.bytes.length > maxRecordLength) throw tooLong(input.name)
  const { start, line } = header
  let best: CsvLayout | null = null
  let bestRating: readonly [number, number] = [0, 0]
  for (const delimiter of separator === undefined ? delimiters : [separator]) {
    const columns = namesIn(input, header.bytes, delimiter)
    if (columns === null) continue
    const rating = [rate(columns), columns.length] as const
    if (
      best === null ||
      rating[0] > bestRating[0] ||
      (rating[0] === bestRating[0] && rating[1] > bestRating[1])
    ) {
      best = { delimiter, columns, start, line }
      bestRating = rating
    }
  }
  if (best === null)
    throw new KnownError(
      `${input.name}: the header has a stray quote, or one that is never closed.`,
      'Put each name that holds a quote in quotes, and write the quote twice: "the ""real"" name".',
    )
  checkHeader(input.name, best.columns)
  return best
}
