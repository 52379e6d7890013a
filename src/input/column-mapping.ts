// A few lines over 300: how the columns of a table, of records and of a failed.csv are found is one decision in three forms.

import { KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { shown, shownList } from '../messages/shown.ts'
import { checkHeader } from './columns/check-header.ts'
import {
  actionColumnNames,
  candidates,
  dataInHeader,
  likelyUserColumns,
  plainName,
  sendEmailNames,
  userNames,
} from './columns/column-names.ts'
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
import type { Cell, InputFormat, RawRecord } from './row.ts'
import type { SheetColumns } from './xlsx/sheet-columns.ts'

/** What the user said about the input's columns. null: to be found by their usual names. */
export interface InputSettings {
  readonly format: InputFormat
  readonly userColumn: string | null
  /** `none`: no column is the action. */
  readonly actionColumn: string | null
  /** Columns that the job names beside those: for `where`, `due` and `check`. */
  readonly otherColumns?: readonly string[]
}

/** Which columns an input has, and which of them mean something to the program. */
export interface ColumnMapping {
  /** All, in the input's order; of JSON all keys, in the order in which they first come. */
  readonly columns: readonly string[]
  readonly user: string
  readonly action: string | null
  readonly sendEmail: string | null
  /**
   * Whether more than half of the keys are addresses: what has no @ and is not an id is then not a short name but a
   * total, a heading or a remark, and a bad row. Only reading every row tells, so the survey does.
   */
  readonly addresses: boolean
}

/** What was found out about columns beside their names. */
interface ColumnFacts {
  /** Columns named `id` whose cells are not Okta ids: not taken for the user by themselves. */
  readonly notIds?: readonly string[]
  /** Dotted names of what stands inside the objects of JSON records. */
  readonly dotted?: readonly string[]
  /** Keys of JSON that hold lists of objects. */
  readonly lists?: readonly string[]
}

const noColumn = 'none'

/** The one column that is meant; null if none is. Throws KnownError where it can't be told, or is not there. */
function pick(
  name: string,
  columns: readonly string[],
  explicit: string | null,
  usual: readonly string[],
  meaning: string,
  fix: string,
): string | null {
  const found = candidates(columns, explicit, usual)
  if (found.length > 1)
    throw new Refusal(
      `${name}: several columns may hold the ${meaning}: ${shownList(found)}; one was expected.`,
      fix,
    )
  if (explicit !== null && found.length === 0)
    throw new Refusal(
      `${name} has no column ${shown(explicit)} for the ${meaning}. Its columns are: ${shownList(columns)}.`,
      fix,
    )
  return found[0] ?? null
}

const nameUser = 'Name it with --user-column NAME (in a job file: user_column).'
const nameAction =
  'Name it with --action-column NAME (in a job file: action_column), or say --action-column none if no column is the action.'

/** What to do where the user's column has no usual name: the ready flag, where a name is likely. */
function nameLikely(columns: readonly string[], { notIds = [], dotted }: ColumnFacts): string {
  const [likely] = likelyUserColumns(
    [...(dotted ?? []), ...columns].filter((column) => !notIds.includes(column)),
  )
  const header =
    dotted === undefined
      ? ' If the first line is not a header but a person, put a line above it that names the columns, such as "user".'
      : ''
  if (likely === undefined) return `${nameUser}${header}`
  return `Add --user-column ${shellWord(likely)} (in a job file: user_column) if that column holds them, or --user-column NAME with another.${header}`
}

/**
 * Tells which of the columns hold the user, the action and `send_email`.
 * Throws KnownError, with what was found, where that would have to be guessed. An input without any column has no
 * records to be read either, and gets the names that were asked for.
 */
export function mapColumns(
  name: string,
  columns: readonly string[],
  settings: InputSettings,
  facts: ColumnFacts = {},
): ColumnMapping {
  const { userColumn, otherColumns = [] } = settings
  const { notIds = [], dotted = [] } = facts
  const actionColumn = settings.actionColumn?.toLowerCase() === noColumn ? null : settings.actionColumn
  const hasAction = actionColumn !== null || settings.actionColumn === null
  if (columns.length === 0)
    return { columns, user: userColumn ?? 'user', action: actionColumn, sendEmail: null, addresses: false }
  // A dotted name reaches into objects, where no column has that name itself.
  const nameable = (explicit: string | null): readonly string[] =>
    explicit !== null && dotted.includes(explicit) && candidates(columns, explicit, []).length === 0
      ? [...columns, explicit]
      : columns
  const choice =
    userColumn === null ? columns.filter((column) => !notIds.includes(column)) : nameable(userColumn)
  const fixUser = userColumn === null ? nameUser : nameLikely(columns, facts)
  const user = pick(name, choice, userColumn, userNames, 'user', fixUser)
  if (user === null && facts.lists?.[0] !== undefined)
    throw new Refusal(
      `${name}: no user stands in the record itself, whose keys are: ${shownList(columns)}. A list of objects stands under ${shownList(facts.lists)}; a list alone was expected.`,
      `Take it out: jq ${shellWord(`.${facts.lists[0]}`)} FILE > LIST.json, and give that file.`,
    )
  if (user === null) {
    const ids = notIds.length === 0 ? '' : ` The cells of ${shownList(notIds)} are not Okta ids.`
    throw new Refusal(
      `${name} has no column that is known to hold the user. Its columns are: ${shownList(columns)}.${ids}`,
      nameLikely(columns, facts),
    )
  }
  const action = hasAction
    ? pick(name, nameable(actionColumn), actionColumn, actionColumnNames, 'action', nameAction)
    : null
  if (action === user)
    throw new Refusal(
      `${name}: the column ${shown(user)} is to hold both the user and the action; two columns were expected.`,
      'Give --user-column and --action-column different names.',
    )
  const sendEmail = pick(
    name,
    columns,
    null,
    sendEmailNames,
    'send_email setting',
    'Rename or remove all but one.',
  )
  for (const other of otherColumns) {
    const fix = 'Correct the name of the column in the job file.'
    pick(name, nameable(other), other, [], "job's input", fix)
  }
  return { columns, user, action, sendEmail, addresses: false }
}

/**
 * Finds an input's columns and what they mean. Of CSV it reads the header, of JSON the whole file once.
 * Throws KnownError where the columns can't be told, where the header is not one, and as the format's own reader does.
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

/** Looks at a JSON file of one record: it may be an object around the records. */
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
  // In a list, the elements are records: an `id` inside of one, as of a group, is a user only if it looks like one.
  const isListed = only.line === null
  const mayHoldUser = (column: string, cell: Cell): boolean =>
    !isListed || plainName(column) !== 'id' || isUserId(String(cell))
  refuseEnvelope(
    input.name,
    only.cells,
    (cells) =>
      [...cells].some(
        ([column, cell]) => userNames.includes(plainName(column)) && mayHoldUser(column, cell),
      ) ||
      (userColumn !== null && cellAt(cells, userColumn) !== undefined),
  )
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

/** What reads workbooks is loaded only if there is one. */
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

/** The same error, with the sheets that could have been meant where none was named. */
function withSheets(error: KnownError, { sheet, others }: SheetColumns): KnownError {
  const [other] = others
  if (other === undefined) return error
  return new Refusal(
    `${error.message} The sheet ${shown(sheet)} was read; there are also: ${shownList(others)}.`,
    `${error.next} Or name another sheet: --sheet ${shellWord(other)} (in a job file: input.sheet).`,
  )
}

/** The columns of a table whose header names them. */
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
      `${input.name}: line ${line} was read as the header, but it holds ${shown(data)}, which looks like a user.`,
      'Put a line above it that names the columns, such as "user" or "user,action". Or name the line that is the header: --header-line N.',
    )
  const facts = settings.userColumn === null ? { notIds: await idColumnsWithoutIds(columns, records) } : {}
  return mapColumns(input.name, columns, settings, facts)
}

/** The same error, with the line that looks like the header where the one that was read does not name the user. */
function withHeaderLine(error: KnownError, header: HeaderBelow | null): KnownError {
  if (header === null) return error
  const { line, readInstead } = header
  return new Refusal(
    `${error.message} Line ${readInstead} was read as the header, but line ${line} looks like it.`,
    `Add --header-line ${line} (in a job file: input.header_line) if that line names the columns; the lines above it are then left out.`,
  )
}

/** Of a header read with several delimiters, the reading in which the user can be found is the right one. */
function rateHeader(columns: readonly string[], settings: InputSettings): number {
  const found = candidates(columns, settings.userColumn, userNames).length
  return found === 1 ? 2 : Math.min(found, 1)
}

/** The columns that the program makes use of: those of the mapping, and those that the job names beside them. */
export function usedColumns(mapping: ColumnMapping, otherColumns: readonly string[]): readonly string[] {
  const { user, action, sendEmail, columns } = mapping
  const others = otherColumns.flatMap((other) => candidates(columns, other, []))
  const used = [user, action, sendEmail, ...others]
  return columns.filter(
    (column) => used.includes(column) || used.some((name) => name?.startsWith(`${column}.`)),
  )
}

/** Of names of columns, those that no column has and that reach into objects of JSON records. */
export function dottedNames(columns: readonly string[], names: readonly (string | null)[]): string[] {
  return names
    .filter((name) => name !== null)
    .filter((name) => name.includes('.') && candidates(columns, name, []).length === 0)
}

/** Whether a text is a name by which the user's column is known, so that a cell that holds it repeats a header. */
export function isUserColumnName(text: string): boolean {
  return userNames.includes(plainName(text))
}
