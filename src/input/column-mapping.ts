import { KnownError } from '../messages/known-error.ts'
import { shown, shownList } from '../messages/shown.ts'
import { maxColumns } from './bytes/limits.ts'
import { readCsvLayout } from './csv/read-header.ts'
import { textInFormula } from './csv/text-formula.ts'
import type { InputFile } from './input-file.ts'
import { readJson } from './json/read-json.ts'
import { trimInvisible } from './key/trim.ts'
import type { InputFormat } from './row.ts'

/** What the user said about the input's columns. null: to be found by their usual names. */
export interface InputSettings {
  readonly format: InputFormat
  readonly userColumn: string | null
  readonly actionColumn: string | null
}

/** Which columns an input has, and which of them mean something to the program. */
export interface ColumnMapping {
  /** All, in the input's order; of JSON all keys, in the order in which they first come. */
  readonly columns: readonly string[]
  readonly user: string
  readonly action: string | null
  readonly sendEmail: string | null
}

/** The names by which a column is known, as {@link plainName} writes them. */
const userNames = ['user', 'userid', 'id', 'oktaid', 'login', 'username', 'email']
const actionNames = ['action', 'operation']
const sendEmailNames = ['sendemail']

function withoutCase(column: string): string {
  return trimInvisible(textInFormula(column)).toLowerCase()
}

function plainName(column: string): string {
  return withoutCase(column).replaceAll(/[\s_-]/g, '')
}

/** The columns that may be meant: by an explicit name exactly, else in any letter case; without one, by usual names. */
function candidates(columns: readonly string[], explicit: string | null, usual: readonly string[]): string[] {
  if (explicit === null) return columns.filter((column) => usual.includes(plainName(column)))
  if (columns.includes(explicit)) return [explicit]
  const wanted = withoutCase(explicit)
  return columns.filter((column) => withoutCase(column) === wanted)
}

/** The one column that is meant; null where none is. Throws KnownError where it cannot be told, or is not there. */
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
    throw new KnownError(
      `${name}: several columns may hold the ${meaning}: ${shownList(found)}; one was expected.`,
      fix,
    )
  if (explicit !== null && found.length === 0)
    throw new KnownError(
      `${name} has no column ${shown(explicit)} for the ${meaning}. Its columns are: ${shownList(columns)}.`,
      fix,
    )
  return found[0] ?? null
}

const nameUser = 'Name it with --user-column NAME (in a job file: user_column).'
const nameAction = 'Name it with --action-column NAME (in a job file: action_column).'

/**
 * Tells which of the columns hold the user, the action and `send_email`.
 * Throws KnownError, with what was found, where that would have to be guessed. An input without any column has no
 * records to be read either, and gets the names that were asked for.
 */
export function mapColumns(name: string, columns: readonly string[], settings: InputSettings): ColumnMapping {
  const { userColumn, actionColumn } = settings
  if (columns.length === 0)
    return { columns, user: userColumn ?? 'user', action: actionColumn, sendEmail: null }
  const user = pick(name, columns, userColumn, userNames, 'user', nameUser)
  if (user === null)
    throw new KnownError(
      `${name} has no column that is known to hold the user. Its columns are: ${shownList(columns)}.`,
      nameUser,
    )
  const action = pick(name, columns, actionColumn, actionNames, 'action', nameAction)
  if (action === user)
    throw new KnownError(
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
  return { columns, user, action, sendEmail }
}

async function keysOf(
  input: InputFile,
  format: 'json' | 'jsonl',
  chunkBytes: number | undefined,
): Promise<string[]> {
  const keys = new Set<string>()
  for await (const { row, cells } of readJson(input, format, chunkBytes)) {
    for (const key of cells.keys()) keys.add(key)
    if (keys.size > maxColumns)
      throw new KnownError(
        `${input.name}, row ${row}: the records so far have more than ${maxColumns} different keys.`,
        'Check that the records share their keys, and that no user is written as a key.',
      )
  }
  return [...keys]
}

/**
 * Finds an input's columns and what they mean. Of CSV it reads the header, of JSON the whole file once.
 * Throws KnownError where the columns cannot be told, and as the format's own reader does.
 */
export async function resolveColumns(
  input: InputFile,
  settings: InputSettings,
  chunkBytes?: number,
): Promise<ColumnMapping> {
  if (settings.format !== 'csv')
    return mapColumns(input.name, await keysOf(input, settings.format, chunkBytes), settings)
  const layout = await readCsvLayout(input, (columns) => rateHeader(columns, settings), chunkBytes)
  return mapColumns(input.name, layout.columns, settings)
}

/** Of a header read with several delimiters, the reading in which the user can be found is the right one. */
function rateHeader(columns: readonly string[], settings: InputSettings): number {
  const found = candidates(columns, settings.userColumn, userNames).length
  return found === 1 ? 2 : Math.min(found, 1)
}
