import { Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { shownList, shownUnlessSecret } from '../messages/shown.ts'
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

/** What the user said about the input's columns. A column that is null is found by its usual names. */
export interface InputSettings {
  readonly format: InputFormat
  readonly userColumn: string | null
  /** `none` means that no column holds the action. */
  readonly actionColumn: string | null
  /** Other columns that the job names: for `where`, `due` and `check`. */
  readonly otherColumns?: readonly string[]
}

/** Which columns an input has, and which of them mean something to the program. */
export interface ColumnMapping {
  /** All columns, in the input's order. For JSON: all keys, in the order of their first appearance. */
  readonly columns: readonly string[]
  readonly user: string
  readonly action: string | null
  readonly sendEmail: string | null
  /**
   * Whether more than half of the keys are addresses. If so, a key that has no @ and is not an id is not a short name
   * but a total, a heading or a remark, and its row is bad. The survey sets this, since only reading every row tells.
   */
  readonly addresses: boolean
}

/** What was found out about the columns, besides their names. */
interface ColumnFacts {
  /** Columns named `id` whose cells are not Okta ids, so that they hold the user only if somebody says so. */
  readonly notIds?: readonly string[]
  /** Dotted names of the values inside the objects of JSON records. */
  readonly dotted?: readonly string[]
  /** The paths to lists of objects in JSON records, as jq writes them. */
  readonly lists?: readonly string[]
  /** Whether there is one list, and nothing outside it says anything about the people in it. */
  readonly isAlone?: boolean
  /** What encloses the records of JSON. */
  readonly around?: Around
}

const noColumn = 'none'

/**
 * The one column that was named or, if none was named, that has a usual name; null if there is none. Throws KnownError
 * if there are several, or if the named column is missing.
 */
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
      `${name} has no column ${shownUnlessSecret(explicit)} for the ${meaning}. Its columns are: ${shownList(columns)}.`,
      fix,
    )
  return found[0] ?? null
}

const nameUser = 'Name it with --user-column NAME (in a job file: user_column).'
const nameAction =
  'Name it with --action-column NAME (in a job file: action_column), or add --action-column none if no column holds the action.'

/** What to do if the user's column has no usual name: the flag to add, complete if a name is likely. */
function nameLikely(columns: readonly string[], { notIds = [], dotted }: ColumnFacts): string {
  const names = likelyUserColumns(
    [...(dotted ?? []), ...columns].filter((column) => !notIds.includes(column)),
  )
  // A number or an id in a dotted name means that there are more such objects. One name reaches only one of them.
  const [likely] = names.some(hasNumberedKey) ? [] : names
  const header =
    dotted === undefined
      ? ' If the first line is not a header but a person, put a line above it that names the columns, such as "user".'
      : ''
  if (likely === undefined) return `${nameUser}${header}`
  return `Add --user-column ${shellWord(likely)} (in a job file: user_column) if that column holds the users, or --user-column NAME with another.${header}`
}

function hasNumberedKey(name: string): boolean {
  return name.includes('.') && (/[\d@]/.test(name.slice(0, name.lastIndexOf('.'))) || name.includes('@'))
}

/**
 * Finds the columns that hold the user, the action and `send_email`.
 * Throws KnownError, saying what was found, if they would have to be guessed. An input without columns has no records
 * either, and gets the names that were asked for.
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
  // A dotted name reaches into objects, unless a column has that very name.
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
      `${name}: the record itself names no user; its keys are: ${shownList(columns)}. ${facts.lists.length === 1 ? 'There is a list of objects' : 'There are lists of objects'} under ${shownList(facts.lists)}; a file with only the list was expected.`,
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
      `${name}: the column ${shownUnlessSecret(user)} was named for both the user and the action; two columns were expected.`,
      'Name different columns with --user-column and --action-column.',
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

/** The columns that the program uses: those of the mapping, and others that the job names. */
export function usedColumns(mapping: ColumnMapping, otherColumns: readonly string[]): readonly string[] {
  const used = usedNamesOf(mapping, otherColumns)
  return mapping.columns.filter(
    (column) => used.includes(column) || used.some((name) => name.startsWith(`${column}.`)),
  )
}

/** The names of everything that is used: columns as written, and dotted names of values inside objects. */
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

/** Those of the given names that no column has and that reach into objects of JSON records. */
export function dottedNames(columns: readonly string[], names: readonly (string | null)[]): string[] {
  return names
    .filter((name) => name !== null)
    .filter((name) => name.includes('.') && candidates(columns, name, []).length === 0)
}

/** Whether a text is a usual name of the user's column. A cell that holds one repeats a header. */
export function isUserColumnName(text: string): boolean {
  return userNames.includes(plainName(text))
}
