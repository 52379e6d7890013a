import { type Options, parse } from 'csv-parse/sync'
import { KnownError } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import { maxColumns, maxRecordLength } from '../bytes/limits.ts'
import { nearTo, notTextError } from '../bytes/not-text.ts'
import { textChunks } from '../bytes/text-chunks.ts'
import { decodeUtf8, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import { stripInvisible } from '../user-key.ts'
import { unescapeFormula } from './formula.ts'
import { createFormulaQuoter } from './text-formula.ts'

/** How a CSV file is laid out. */
export interface CsvLayout {
  readonly delimiter: string
  /** The names in the header, in order; a cell without a name is called `column_N`. */
  readonly columns: readonly string[]
  /** Where the header begins, in bytes of the text as UTF-8: after Excel's `sep=` line. */
  readonly start: number
}

/** Rates a header, of several readings of it the best is taken. Of equals, the one with the most columns. */
export type HeaderRating = (columns: readonly string[]) => number

const delimiters = [',', ';', '\t']

/** Excel's own line, which names any one character; here any of ASCII that can stand between cells. */
const separatorLine = /^"?sep=(?![\w"'])([\t!-~])"?$/i

/**
 * What csv-parse is told for header and rows alike. The bytes come through as Latin-1, one character for each, because
 * csv-parse would replace what is not UTF-8 without a word; {@link decodeCell} makes text of them.
 */
export const csvOptions = {
  encoding: 'latin1',
  // All three at once, because files that were put together have several.
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: maxRecordLength,
} as const satisfies Options

/** The text of a cell as csv-parse gives it. Throws {@link NotUtf8}. */
export function decodeCell(latin1: string): string {
  const text = /[\u0080-\u00ff]/.test(latin1) ? decodeUtf8(Buffer.from(latin1, 'latin1')) : latin1
  return unescapeFormula(text)
}

/** What to throw for a cell that could not be decoded; `place` says where it is. */
export function cellError(input: InputFile, place: string, latin1: string, error: unknown): unknown {
  if (!(error instanceof NotUtf8)) return error
  return notTextError(input, place, error, nearTo(Buffer.from(latin1, 'latin1'), error.offset))
}

/** Makes cells such as `="00123"` ones that csv-parse takes. */
export async function* quoteFormulas(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
): AsyncGenerator<Buffer> {
  const quoter = createFormulaQuoter(delimiter.charCodeAt(0), maxRecordLength)
  for await (const chunk of chunks) {
    const settled = quoter.take(chunk)
    if (settled.length > 0) yield settled
  }
  const rest = quoter.end()
  if (rest.length > 0) yield rest
}

/** The first record of a file as bytes, and where it begins. Blank lines before it are left out. */
async function firstRecord(
  input: InputFile,
  start: number,
  chunkBytes: number | undefined,
): Promise<{ bytes: Buffer; start: number }> {
  const pieces: Buffer[] = []
  let begin = start
  let length = 0
  let quoted = false
  for await (const chunk of textChunks(input, start, chunkBytes)) {
    let from = 0
    for (const [place, byte] of chunk.entries()) {
      const endsLine = !quoted && (byte === 10 || byte === 13)
      if (endsLine && length + place - from > 0) {
        pieces.push(chunk.subarray(from, place))
        return { bytes: Buffer.concat(pieces), start: begin }
      }
      if (endsLine) {
        from = place + 1
        begin += 1
      }
      if (byte === 0x22) quoted = !quoted
    }
    pieces.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > maxRecordLength) break
  }
  return { bytes: Buffer.concat(pieces), start: begin }
}

function readHeader(input: InputFile, header: Buffer, delimiter: string): string[] | null {
  const quoter = createFormulaQuoter(delimiter.charCodeAt(0), maxRecordLength)
  const bytes = Buffer.concat([quoter.take(header), quoter.end()])
  let cells: string[]
  try {
    cells = parse(bytes, { ...csvOptions, delimiter })[0] ?? []
  } catch {
    return null
  }
  return cells.map((cell, index) => {
    try {
      const name = decodeCell(cell)
      return stripInvisible(name) === '' ? `column_${index + 1}` : name
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

/**
 * Reads the header of a CSV file and tells the delimiter: that of Excel's `sep=` line, else the one of comma,
 * semicolon and tab under which the header gets the best rating.
 * Throws KnownError where the file is empty or unreadable, or where the header has a stray quote, is not text, names a
 * column twice, or is longer than 1 MiB.
 */
export async function readCsvLayout(
  input: InputFile,
  rate: HeaderRating,
  chunkBytes?: number,
): Promise<CsvLayout> {
  let { bytes, start } = await firstRecord(input, 0, chunkBytes)
  let possible: readonly string[] = delimiters
  const separator = separatorLine.exec(bytes.toString('latin1'))?.[1]
  if (separator !== undefined) {
    possible = [separator]
    const after = await firstRecord(input, start + bytes.length, chunkBytes)
    bytes = after.bytes
    start = after.start
  }
  if (bytes.length === 0)
    throw new KnownError(
      `${input.name}: the input is empty; a header with the names of the columns was expected.`,
      'Give a file whose first line names its columns, such as "user,action".',
    )
  if (bytes.length > maxRecordLength)
    throw new KnownError(
      `${input.name}: the header is longer than 1 MiB.`,
      'Check that the file is CSV, and that the header has no quote that is never closed.',
    )
  let best: CsvLayout | null = null
  let bestRating: readonly [number, number] = [0, 0]
  for (const delimiter of possible) {
    const columns = readHeader(input, bytes, delimiter)
    if (columns === null) continue
    const rating = [rate(columns), columns.length] as const
    if (
      best === null ||
      rating[0] > bestRating[0] ||
      (rating[0] === bestRating[0] && rating[1] > bestRating[1])
    ) {
      best = { delimiter, columns, start }
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
