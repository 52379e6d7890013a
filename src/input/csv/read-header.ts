import { parse } from 'csv-parse/sync'
import { type KnownError, Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { LineTooLong, lineOf, splitLines } from '../bytes/split-lines.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import { checkHeader } from '../columns/check-header.ts'
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
  /** The number of the line in which the header begins. */
  readonly line: number
}

/** Rates a reading of the header. The best reading is taken; of equal ones, the one with the most columns. */
export type HeaderRating = (columns: readonly string[]) => number

/** The delimiters that are tried if no `sep=` line names one. */
export const delimiters: readonly string[] = [',', ';', '\t', '|']

/** Excel's own line, which names the delimiter. Any ASCII character that can separate cells is accepted. */
const separatorLine = /^"?sep=(?![\w"'])([\t!-~])"?$/i

/** The line by which Windows PowerShell names the type of what it exports. */
const typeLine = /^"?#TYPE\s/i

/** Whether a line above the header was written by a program for other programs, and is skipped. */
export function isSteppedOver(line: Buffer): boolean {
  const text = line.toString('latin1')
  return separatorLine.test(text) || typeLine.test(text)
}

/** A line of a file, and where it begins. */
export interface FileLine {
  readonly bytes: Buffer
  readonly start: number
  readonly line: number
}

/** How many lines are searched for a header. */
const mostLinesBefore = 100

/** The first lines that are not blank, or all lines up to `until`. A quoted line end is part of its line. */
export async function headerLines(
  input: InputFile,
  chunkBytes: number | undefined,
  until: number | null = null,
): Promise<readonly FileLine[]> {
  const found: FileLine[] = []
  const chunks = textChunks(input, 0, chunkBytes)
  // A quote in a title must not swallow the header below it.
  const rules = { quotes: until === null, longest: maxRecordLength }
  try {
    for await (const lines of splitLines(chunks, rules)) {
      for (const [index, start] of lines.starts.entries()) {
        const line = lines.numbers[index] ?? 1
        found.push({ bytes: lineOf(lines, index), start: lines.offset + start, line })
        if (until === null ? found.length >= mostLinesBefore : line >= until) return found
      }
    }
  } catch (error) {
    // A long line further down is reported by whoever reads the rows.
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

function tooLong(name: string): KnownError {
  return new Refusal(
    `${name}: the header is longer than 1 MiB.`,
    'Check that the file is CSV, and that the header has no quote that is never closed.',
  )
}

/** The header's line, and the delimiter if a line above it names one. */
async function findHeader(
  input: InputFile,
  chunkBytes: number | undefined,
): Promise<{ readonly header: FileLine; readonly separator: string | undefined }> {
  const wanted = input.headerLine ?? null
  const lines = await headerLines(input, chunkBytes, wanted)
  let separator: string | undefined
  for (const line of lines) {
    const text = line.bytes.toString('latin1')
    const named = separatorLine.exec(text)?.[1]
    separator = named ?? separator
    if (wanted === null ? !isSteppedOver(line.bytes) : line.line === wanted)
      return { header: await wholeLine(input, line, chunkBytes), separator }
  }
  if (wanted !== null && lines.length > 0)
    throw new Refusal(
      `${input.name}: line ${wanted} was named as the header, but that line is blank or missing.`,
      'Name the line that contains the column names by its number, blank lines counted: --header-line N (in a job file: input.header_line).',
    )
  throw new Refusal(
    `${input.name}: the input is empty; a header with the names of the columns was expected.`,
    'Use a file whose first line names its columns, such as "user,action".',
  )
}

/** A header may contain quoted line ends, so it is read again from its beginning. */
async function wholeLine(
  input: InputFile,
  { start, line }: FileLine,
  chunkBytes: number | undefined,
): Promise<FileLine> {
  const rules = { quotes: true, longest: maxRecordLength, firstLine: line }
  for await (const lines of splitLines(textChunks(input, start, chunkBytes), rules))
    return { bytes: lineOf(lines, 0), start, line }
  throw new LineTooLong(line, Buffer.alloc(0))
}

/**
 * Whether a CSV was saved as CSV twice, so that each of its lines as a whole is in quotes: `"user,""action"""`. Such a
 * header is one name that holds a delimiter and quotes.
 */
function isQuotedAsWhole(columns: readonly string[]): boolean {
  const [only = ''] = columns
  return columns.length === 1 && /[,;\t|]/.test(only) && /"[^"]*"/.test(only)
}

/**
 * Reads the header of a CSV file and tells the delimiter: that of Excel's `sep=` line, else the one of comma,
 * semicolon, tab and bar with which the header gets the best rating. PowerShell's `#TYPE` line is skipped. csv-parse
 * could stop after the first record (`to: 1`), but each delimiter needs a reading of its own. So the line is read from
 * the file once and parsed several times.
 * Throws KnownError if the file is empty or unreadable, if the named line does not exist, or if the header has a stray
 * quote, is not text, names a column twice, or is longer than 1 MiB.
 */
export async function readCsvLayout(
  input: InputFile,
  rate: HeaderRating,
  chunkBytes?: number,
): Promise<CsvLayout> {
  let found: Awaited<ReturnType<typeof findHeader>>
  try {
    found = await findHeader(input, chunkBytes)
  } catch (error) {
    throw error instanceof LineTooLong ? tooLong(input.name) : error
  }
  const { header, separator } = found
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
  if (best === null && /^\s*[[{]/.test(header.bytes.toString('latin1')))
    throw new Refusal(
      `${input.name}: CSV was expected, but line ${line} looks like JSON.`,
      'Add --format json for one list, or --format jsonl for one object per line (in a job file: input.format).',
    )
  if (best === null)
    throw new Refusal(
      `${input.name}: the header has a stray quote, or one that is never closed.`,
      'Put each name that contains a quote in quotes, and write the quote twice: "the ""real"" name".',
    )
  if (isQuotedAsWhole(best.columns))
    throw new Refusal(
      `${input.name}, line ${line}: each line as a whole is in quotes, such as ${shown(header.bytes.toString())}: the file was saved as CSV twice.`,
      'Export it again, or remove the quotes around each line.',
    )
  checkHeader(input.name, best.columns)
  return best
}
