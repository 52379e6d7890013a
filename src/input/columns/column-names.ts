import { textInFormula } from '../csv/text-formula.ts'
import { addressesIn } from '../key/address.ts'
import { trimInvisible } from '../key/trim.ts'
import { isUserId } from '../key/user-key.ts'
import { withoutHarmlessBrackets } from './brackets.ts'
import { isForwarding, isOtherPersons, namesWhoLeaves } from './other-person.ts'

/** The usual names of the user's column, as {@link plainName} writes them. */
export const userNames: readonly string[] = [
  'user',
  'userid',
  'id',
  'oktaid',
  'login',
  'username',
  'email',
  'emailaddress',
  'workemail',
  'primaryemail',
  'userprincipalname',
]
export const actionColumnNames: readonly string[] = ['action', 'operation']
export const sendEmailNames: readonly string[] = ['sendemail']

/** A column name in the form in which it is compared with a typed one: trimmed, in lower case. */
export function withoutCase(column: string): string {
  return trimInvisible(textInFormula(column)).toLowerCase()
}

const brackets = /\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}|<[^<>]*>/g

/**
 * A column's name without spaces, punctuation and text in brackets: `E-Mail (work)` is `email`. Brackets that name
 * somebody else stay: `Email (Manager)` is not the user's.
 */
export function plainName(column: string): string {
  return withoutCase(column)
    .normalize('NFKC')
    .replaceAll(brackets, (inBrackets) => (isOtherPersons(inBrackets) ? inBrackets : ''))
    .replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')
}

/**
 * The name by which a column may be recognized as the user's: as {@link plainName}, but with any text in brackets that
 * is not known to be harmless.
 */
function plainUserName(column: string): string {
  return plainName(
    withoutHarmlessBrackets(withoutCase(column).normalize('NFKC')).replaceAll(/[()[\]{}<>]/g, ' '),
  )
}

/**
 * Whether a column has one of the usual names. Text in brackets counts only for the user's column: if it kept a column
 * of actions from being recognized, the job's action would be used instead.
 */
function isUsual(column: string, usual: readonly string[]): boolean {
  return usual.includes(usual === userNames ? plainUserName(column) : plainName(column))
}

/** Whether a name is exactly one that `failed.csv` gives to the column that it adds. */
export function isAddedName(name: string): boolean {
  return /^(?:why|failed_why(?:_\d+)?)$/.test(name)
}

/** Whether a column has a name that `failed.csv` adds, even if a person or a spreadsheet has changed its spelling. */
export function isWhyColumn(column: string): boolean {
  return /^(?:why|failedwhy\d*)$/.test(plainName(column))
}

/** Whether a column has a name that this program gives to columns without one. */
export function isWithoutName(column: string): boolean {
  return /^column_\d+$/.test(column)
}

/**
 * The columns to choose from: those with the given name, exactly or else in any letter case; if none is given, those
 * with a usual name.
 */
export function candidates(
  columns: readonly string[],
  explicit: string | null,
  usual: readonly string[],
): string[] {
  if (explicit === null) return columns.filter((column) => isUsual(column, usual))
  if (columns.includes(explicit)) return [explicit]
  const wanted = withoutCase(explicit)
  return columns.filter((column) => withoutCase(column) === wanted)
}

/**
 * A header cell that names a person by an id, or by an address other than an example in brackets. Null if there is
 * none.
 */
export function dataInHeader(columns: readonly string[]): string | null {
  const holds = (column: string): boolean => {
    const name = trimInvisible(textInFormula(column))
    return isUserId(name) || addressesIn(name.replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, '')).length > 0
  }
  return columns.find(holds) ?? null
}

/** A delimiter inside a name: if a header was read with the wrong delimiter, one name holds all the names. */
const foreignDelimiter = /[\^~|;\t]/

/**
 * Columns whose names sound as if they held the users, the likeliest first. Columns about somebody else are left out.
 * If some columns say that they name the leavers, all others are left out too.
 */
export function likelyUserColumns(columns: readonly string[]): string[] {
  const likely = columns.filter(
    (column) =>
      /mail|login|upn|principal|account|user/.test(withoutCase(column).normalize('NFKC')) &&
      !isOtherPersons(column) &&
      !isForwarding(column) &&
      !foreignDelimiter.test(column),
  )
  const leavers = columns.filter(namesWhoLeaves)
  return leavers.length === 0 ? likely : likely.filter((column) => leavers.includes(column))
}
