import { Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { shown, shownList } from '../messages/shown.ts'
import {
  actionColumnNames,
  candidates,
  likelyUserColumns,
  plainName,
  sendEmailNames,
  userNames,
} from './columns/column-names.ts'
import { type Around, takeOut } from './json/take-out.ts'
import type { InputFormat } from './row.ts'

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
  /** Where records of JSON hold lists of objects, as jq writes it. */
  readonly lists?: readonly string[]
  /** Whether nothing beside the only list says anything about its people. */
  readonly isAlone?: boolean
  /** What holds the records of JSON. */
  readonly around?: Around
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
  const names = likelyUserColumns(
    [...(dotted ?? []), ...columns].filter((column) => !notIds.includes(column)),
  )
  // A number or an id on the way says that there are more of the kind: one name reaches only one of them.
  const [likely] = names.some(hasNumberedKey) ? [] : names
  const header =
    dotted === undefined
      ? ' If the first line is not a header but a person, put a line above it that names the columns, such as "user".'
      : ''
  if (likely === undefined) return `${nameUser}${header}`
  return `Add --user-column ${shellWord(likely)} (in a job file: user_column) if that column holds them, or --user-column NAME with another.${header}`
}

function hasNumberedKey(name: string): boolean {
  return name.includes('.') && (/[\d@]/.test(name.slice(0, name.lastIndexOf('.'))) || name.includes('@'))
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
      `${name}: no user stands in the record itself, whose keys are: ${shownList(columns)}. ${facts.lists.length === 1 ? 'A list of objects stands' : 'Lists of objects stand'} under ${shownList(facts.lists)}; a list alone was expected.`,
      takeOut(facts.lists, facts.around ?? 'nothing', facts.isAlone === true),
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

/** The columns that the program makes use of: those of the mapping, and those that the job names beside them. */
export function usedColumns(mapping: ColumnMapping, otherColumns: readonly string[]): readonly string[] {
  const used = usedNamesOf(mapping, otherColumns)
  return mapping.columns.filter(
    (column) => used.includes(column) || used.some((name) => name.startsWith(`${column}.`)),
  )
}

/** The names of all that is used: columns as they are written, and dotted names of values inside objects. */
export function usedNamesOf(
  { user, action, sendEmail, columns }: ColumnMapping,
  otherColumns: readonly string[],
): readonly string[] {
  const others = otherColumns.flatMap((other) => {
    const found = candidates(columns, other, [])
    return found.length > 0 ? found : [other]
  })
  return [user, action, sendEmail, ...others].filter((name) => name !== null)
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
