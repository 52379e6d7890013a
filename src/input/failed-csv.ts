import { KnownError, Refusal } from '../messages/known-error.ts'
import { findByteOrderMark } from './bytes/byte-order-mark.ts'
import type { InputEncoding, NamedEncoding } from './bytes/encoding.ts'
import { fileChunks, fileHead } from './bytes/file-chunks.ts'
import { decodeUtf8Chunks, NotUtf8 } from './bytes/utf8.ts'
import { candidates, isAddedName, isWithoutName, userNames, withoutCase } from './columns/column-names.ts'
import { readCsv } from './csv/read-csv.ts'
import { type CsvLayout, readCsvLayout } from './csv/read-header.ts'
import { textInFormula } from './csv/text-formula.ts'
import type { InputFile } from './input-file.ts'
import { trimInvisible } from './key/trim.ts'
import { isNotReadMark } from './not-read-mark.ts'
import type { Cell, InputFormat, RawRecord } from './row.ts'

/** What job and flags say about the form of an input; null if nothing was said. */
export interface NamedForm {
  readonly format: InputFormat | null
  readonly encoding: NamedEncoding | null
  readonly headerLine: number | null
}

/** How the reasons in `failed.csv` begin. */
const reason = /^(?:failed|in doubt|not run|skipped)(?:[:;]|$)/

/** The last column with a name. Spreadsheets add columns without one, if a row is wider than the header. */
function lastColumn(columns: readonly string[]): string | undefined {
  return columns.findLast((column) => !isWithoutName(column))
}

/** Whether a header is that of a `failed.csv`: it has the user's column, and its last column is the added one. */
export function isFailedHeader(columns: readonly string[], userColumn: string | null): boolean {
  const last = lastColumn(columns)
  return (
    last !== undefined &&
    isAddedName(withoutCase(last)) &&
    candidates(columns, userColumn, userNames).length > 0
  )
}

/** The error if a header line was named for a file that is a `failed.csv`, or looks like one. */
export function headerIsLine1(name: string, line: number, what: string): Refusal {
  return new Refusal(
    `${name}: line ${line} was named as the header, but ${what}. The header of a failed.csv is always its line 1, even if that of the first input was further down.`,
    'Add --header-line 1; it wins over input.header_line in a job file. If okta-lifecycle did not write the file, rename its column "why".',
  )
}

/**
 * The form of a file. A `failed.csv` is CSV as this program writes it, whatever job and flags say of the input that it
 * came from. Any other file has the form that was named.
 *
 * Throws KnownError if another header was named for what looks like a `failed.csv` and no row has a reason that proves
 * it.
 */
export async function formOf(
  file: Pick<InputFile, 'path' | 'name'>,
  named: NamedForm,
  userColumn: string | null,
): Promise<NamedForm> {
  const { format, encoding, headerLine } = named
  const isAsWritten =
    (format === null || format === 'csv') &&
    (encoding === null || encoding === 'utf-8') &&
    (headerLine === null || headerLine === 1)
  if (isAsWritten) return named
  const found = await findFailedHeader(file, userColumn)
  if (found === null) return named
  if (headerLine !== null && headerLine > 1 && !(await hasReasons(found)))
    throw headerIsLine1(
      file.name,
      headerLine,
      `line ${found.layout.line} looks like the header of a failed.csv`,
    )
  return { format: 'csv', encoding: await encodingOf(file, encoding), headerLine: null }
}

interface FailedHeader {
  readonly input: InputFile
  readonly layout: CsvLayout
}

async function findFailedHeader(
  file: Pick<InputFile, 'path' | 'name'>,
  userColumn: string | null,
): Promise<FailedHeader | null> {
  const mark = findByteOrderMark(await fileHead(file, 4))
  // A spreadsheet may have saved it in its own encoding since.
  const encodings: readonly InputEncoding[] = mark === null ? ['utf-8', 'windows-1252'] : [mark.encoding]
  for (const encoding of encodings) {
    const input: InputFile = { path: file.path, name: file.name, encoding }
    try {
      const layout = await readCsvLayout(input, (columns) => (isFailedHeader(columns, userColumn) ? 1 : 0))
      if (isFailedHeader(layout.columns, userColumn)) return { input, layout }
    } catch (error) {
      // It is not a `failed.csv`. Its errors are reported when it is read in the form that was named.
      if (!(error instanceof KnownError)) throw error
    }
  }
  return null
}

async function hasReasons({ input, layout: { columns } }: FailedHeader): Promise<boolean> {
  const why = lastColumn(columns) ?? ''
  const isReason = (cell: Cell | undefined): boolean =>
    typeof cell === 'string' && reason.test(trimInvisible(textInFormula(cell)))
  const saysWhy = ({ cells, raw }: RawRecord): boolean =>
    isReason(cells.get(why)) || [...cells.values(), ...(raw ?? [])].some(isNotReadMark)
  try {
    for await (const record of readCsv(input, columns)) if (saysWhy(record)) return true
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
  }
  return false
}

/** UTF-8 as it was written, unless a spreadsheet has saved it in the encoding that was named. */
async function encodingOf(
  file: Pick<InputFile, 'path' | 'name'>,
  named: NamedEncoding | null,
): Promise<NamedEncoding | null> {
  if (findByteOrderMark(await fileHead(file, 4)) !== null) return null
  try {
    for await (const text of decodeUtf8Chunks(fileChunks(file, 0))) if (text === null) break
  } catch (error) {
    if (error instanceof NotUtf8) return named
    throw error
  }
  return null
}
