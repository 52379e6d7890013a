import { KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { shown, shownList } from '../messages/shown.ts'
import { type ColumnMapping, type InputSettings, mapColumns } from './column-mapping.ts'
import { checkHeader } from './columns/check-header.ts'
import { candidates, dataInHeader, plainName, userNames } from './columns/column-names.ts'
import { findHeaderBelow, type HeaderBelow } from './columns/find-header-line.ts'
import { idColumnsWithoutIds, keysOf } from './columns/look-at-records.ts'
import { readCsv } from './csv/read-csv.ts'
import { readCsvLayout } from './csv/read-header.ts'
import { headerIsLine1, isFailedHeader } from './failed-csv.ts'
import type { InputFile } from './input-file.ts'
import { refuseEnvelope } from './json/envelope.ts'
import { cellAt } from './json/nested.ts'
import { readJson } from './json/read-json.ts'
import { isUserId } from './key/user-key.ts'
import { isNotReadMark } from './not-read-mark.ts'
import type { Cell, RawRecord } from './row.ts'
import type { SheetColumns } from './xlsx/sheet-columns.ts'

/**
 * Finds an input's columns and what they mean. For CSV it reads the header, for JSON the whole file once.
 * Throws KnownError if the columns can't be found or the header is not one, and as the format's own reader does.
 */
export async function resolveColumns(
  input: InputFile,
  settings: InputSettings,
  chunkBytes?: number,
): Promise<ColumnMapping> {
  switch (settings.format) {
    case 'csv':
      return await csvColumns(input, settings, chunkBytes)
    case 'xlsx':
      return await sheetColumns(input, settings)
    case 'json':
    case 'jsonl': {
      await refuseIfEnvelope(input, settings, chunkBytes)
      const { keys, ...facts } = await keysOf(input, settings.format, chunkBytes)
      return mapColumns(input.name, keys, settings, facts)
    }
  }
}

/** Refuses a JSON file of one object if that is not a record but an object around the records. */
async function refuseIfEnvelope(
  input: InputFile,
  { format, userColumn }: InputSettings,
  chunkBytes: number | undefined,
): Promise<void> {
  if (format !== 'json' && format !== 'jsonl') return
  const first: RawRecord[] = []
  for await (const record of readJson(input, format, chunkBytes)) {
    first.push(record)
    if (first.length > 1) return
  }
  const [only] = first
  if (only === undefined || only.raw !== null) return
  // The elements of a list are records. An `id` inside one may be that of a group, so it is a user only if it looks
  // like a user id.
  const isListed = only.line === null
  const mayHoldUser = (column: string, cell: Cell): boolean =>
    !isListed || plainName(column) !== 'id' || isUserId(String(cell))
  const hasUser = (cells: ReadonlyMap<string, Cell>): boolean =>
    [...cells].some(([column, cell]) => userNames.includes(plainName(column)) && mayHoldUser(column, cell)) ||
    (userColumn !== null && cellAt(cells, userColumn) !== undefined)
  refuseEnvelope(input.name, only.cells, { hasUser, isListed })
}

async function csvColumns(
  input: InputFile,
  settings: InputSettings,
  chunkBytes: number | undefined,
): Promise<ColumnMapping> {
  try {
    const header = await readCsvLayout(input, (columns) => rateHeader(columns, settings), chunkBytes)
    return await tableColumns(input, header, settings, () => readCsv(input, header.columns, chunkBytes))
  } catch (error) {
    if (!(error instanceof KnownError) || (input.headerLine ?? null) !== null) throw error
    throw withHeaderLine(error, await findHeaderBelow(input, settings.userColumn, chunkBytes))
  }
}

/** The reader of workbooks is loaded only if there is a workbook. */
async function sheetColumns(input: InputFile, settings: InputSettings): Promise<ColumnMapping> {
  const { readSheetColumns } = await import('./xlsx/sheet-columns.ts')
  const { readXlsx } = await import('./xlsx/read-xlsx.ts')
  const header = await readSheetColumns(input, settings.userColumn)
  const named = input.headerLine ?? 1
  if (named > 1) {
    const first = await readSheetColumns({ ...input, headerLine: null }, settings.userColumn)
    if (isFailedHeader(first.columns, settings.userColumn))
      throw headerIsLine1(input.name, named, `row ${first.line} looks like the header of a failed.csv`)
  }
  try {
    checkHeader(input.name, header.columns)
    return await tableColumns(input, header, settings, () => readXlsx(input, header.columns, []))
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
    const placed = (input.headerLine ?? null) !== null ? error : withHeaderLine(error, header.below)
    throw withSheets(placed, header)
  }
}

/** The same error, with the other sheets that the user may have wanted, if no sheet was named. */
function withSheets(error: KnownError, { sheet, others }: SheetColumns): KnownError {
  const [other] = others
  if (other === undefined) return error
  return new Refusal(
    `${error.message} The sheet ${shown(sheet)} was read; there are also: ${shownList(others)}.`,
    `${error.next} Or name another sheet: --sheet ${shellWord(other)} (in a job file: input.sheet).`,
  )
}

/** The columns of a table, as its header names them. */
async function tableColumns(
  input: InputFile,
  { columns, line }: { readonly columns: readonly string[]; readonly line: number },
  settings: InputSettings,
  records: () => AsyncIterable<RawRecord>,
): Promise<ColumnMapping> {
  const named = input.headerLine ?? 1
  if (named > 1 && columns.some(isNotReadMark))
    throw headerIsLine1(input.name, named, 'it is a row that a failed.csv marks as not read')
  const data = dataInHeader(columns)
  if (data !== null)
    throw new Refusal(
      `${input.name}: line ${line} was read as the header, but it contains ${shown(data)}, which looks like a user.`,
      'Put a line above it that names the columns, such as "user" or "user,action". Or name the line that is the header: --header-line N.',
    )
  const facts = settings.userColumn === null ? { notIds: await idColumnsWithoutIds(columns, records) } : {}
  return mapColumns(input.name, columns, settings, facts)
}

/** The same error, with the line that looks like the header, if there is one. */
function withHeaderLine(error: KnownError, header: HeaderBelow | null): KnownError {
  if (header === null) return error
  const { line, readInstead } = header
  return new Refusal(
    `${error.message} Line ${readInstead} was read as the header, but line ${line} looks like it.`,
    `Add --header-line ${line} (in a job file: input.header_line) if that line names the columns; the lines above it are then left out.`,
  )
}

/** If a header can be read with several delimiters, the right one is the delimiter that reveals the user's column. */
function rateHeader(columns: readonly string[], settings: InputSettings): number {
  const found = candidates(columns, settings.userColumn, userNames).length
  return found === 1 ? 2 : Math.min(found, 1)
}
