import { textInFormula } from '../csv/text-formula.ts'
import { isWordForNothing } from '../key/not-a-name.ts'
import { trimInvisible } from '../key/trim.ts'
import { checkUserKey } from '../key/user-key.ts'
import { asBadRow, type Cell, type InputRow, type RawRecord } from '../row.ts'
import { withoutHarmlessBrackets } from './brackets.ts'
import { isWhyColumn, isWithoutName, plainName, userNames } from './column-names.ts'
import { isOtherPersons } from './other-person.ts'

/** Names of columns whose cells are addresses, as {@link plainName} writes them. */
const mailNames = userNames.filter((name) => name.includes('mail') || name.includes('principal'))

/**
 * Watches for a second table below the first one. It begins with a row that names columns in another order, or with a
 * repeated header below a title. The rows below it have other column names than the first line's, or are about other
 * people, so none of them is acted on.
 */
export class OtherHeader {
  readonly #columns: readonly string[]
  readonly #user: string
  readonly #names: ReadonlySet<string>
  readonly #isOfMails: boolean
  #found: number | null = null
  #isAfterTitle = false
  /** Whether a row so far names its user by an address. Then a key without @ is not taken for a short name. */
  #hasAddresses = false
  /**
   * Whether the header was repeated without a title. Then it is repeated on each page, and a row above it is a page's
   * last row.
   */
  #isOnEachPage = false
  #last: RawRecord | null = null

  /** @param user the column of the user, one of the columns */
  constructor(columns: readonly string[], user: string) {
    // The column of reasons in a failed.csv is not part of the original header.
    this.#columns = columns.filter((column) => !isWhyColumn(column))
    this.#user = user
    this.#isOfMails = mailNames.includes(plainName(user))
    this.#names = new Set([...columns.map(plainName), ...userNames])
  }

  /** The row as it is, or as a bad one if it is under another header. */
  judge(row: InputRow, record: RawRecord): InputRow {
    if (this.#found !== null) return this.#under(row, this.#found)
    const last = this.#last
    this.#last = record
    const { cells } = record
    // Nearly every row names somebody, and so is not a header. Checking only the others keeps this cheap.
    if (namesSomebody(row)) {
      this.#hasAddresses ||= row.user.includes('@')
      this.#isAfterTitle = false
      return row
    }
    // A row with a cell too many is bad, but may still name somebody.
    if ([...cells.values()].some((cell) => typeof cell === 'string' && cell.includes('@'))) return row
    const cellNames = this.#columns.map((column) => nameIn(cells.get(column)))
    const isHeader =
      namesUsers(cells.get(this.#user), this.#isOfMails) ||
      this.#isHeader(cellNames) ||
      this.#namesMailElsewhere(cellNames) ||
      (this.#hasAddresses && last !== null && isAfterGap(record, last) && this.#isOfWords(cells))
    if (isHeader && (this.#isAfterTitle || !this.#isSame(cellNames, cells))) this.#found = row.row
    this.#isOnEachPage ||= isHeader
    const mayBeTitle = this.#hasAddresses && !this.#isOnEachPage
    this.#isAfterTitle = !isHeader && (isRefused(row) || isAlone(cells) || mayBeTitle)
    return row
  }

  #isHeader(cellNames: readonly string[]): boolean {
    const named = cellNames.filter((name) => name !== '')
    return (
      named.length > 0 &&
      2 * named.length >= this.#columns.length &&
      named.every((name) => this.#names.has(name))
    )
  }

  /**
   * Whether a row is the header of a table with other columns, if the users are addresses: it has no address, only
   * words, and has `Email` or the like under another column.
   */
  #namesMailElsewhere(cellNames: readonly string[]): boolean {
    const named = cellNames.filter((name) => name !== '')
    const isElsewhere = cellNames.some(
      (name, index) => mailNames.includes(name) && !mailNames.includes(plainName(this.#columns[index] ?? '')),
    )
    return (
      this.#isOfMails &&
      isElsewhere &&
      named.length > 1 &&
      2 * named.length >= this.#columns.length &&
      !named.some((name) => /\p{N}/u.test(name))
    )
  }

  /**
   * Whether a row consists only of words, with one in the user's column. Below a blank line, such a row is a header, in
   * any language.
   */
  #isOfWords(cells: RawRecord['cells']): boolean {
    const filled = [...cells.values()].filter((cell) => cell !== '' && cell !== null)
    const user = cells.get(this.#user)
    return (
      filled.length > 1 &&
      2 * filled.length >= this.#columns.length &&
      filled.every(
        (cell) => typeof cell === 'string' && cell.length <= longestName && !/\p{N}/u.test(cell),
      ) &&
      typeof user === 'string' &&
      /\p{L}/u.test(user) &&
      !remark.test(trimInvisible(user)) &&
      !isWordForNothing(user)
    )
  }

  #isSame(cellNames: readonly string[], cells: RawRecord['cells']): boolean {
    return cellNames.every((name, index) => {
      const column = this.#columns[index] ?? ''
      // `email (new hires)` is not `email` again.
      const isAsBefore = textInBrackets(cells.get(column)) === textInBrackets(column)
      return (name === plainName(column) && isAsBefore) || (name === '' && isWithoutName(column))
    })
  }

  #under(row: InputRow, header: number): InputRow {
    if (row.kind !== 'valid') return row
    const message = `the row is under another header, in row ${header}; put each table in a file of its own`
    return asBadRow(row, null, message)
  }
}

/**
 * Whether a row is bad by itself. A short name does not count: it is bad only in view of all other rows, and every
 * reading of the input must find the same titles.
 */
function isRefused(row: InputRow): boolean {
  if (row.kind !== 'invalid') return false
  const check = checkUserKey(row.user)
  return 'problem' in check || check.kind !== 'short_name'
}

/** Whether there are blank lines between two records. */
function isAfterGap({ line }: RawRecord, before: RawRecord): boolean {
  if (line === null || before.line === null) return false
  const inCells =
    before.inSheet === undefined
      ? [...before.cells.values()].reduce((sum: number, cell) => sum + lineEndsIn(cell), 0)
      : 0
  return line > before.line + inCells + 1
}

function lineEndsIn(cell: Cell): number {
  return typeof cell === 'string' ? (cell.match(/\r\n|\r|\n/g)?.length ?? 0) : 0
}

/** Whether only one cell of a row is filled, as in a title. */
function isAlone(cells: RawRecord['cells']): boolean {
  return [...cells.values()].filter((cell) => cell !== '' && cell !== null).length === 1
}

/** Whether a row names a user by address or id, and so is neither a heading nor a header. */
export function namesSomebody(row: InputRow): boolean {
  return row.user.includes('@') || (row.kind === 'valid' && row.keyKind === 'id')
}

/** Words that name a column of users, in the usual languages of such lists. */
const userWords: ReadonlySet<string> = new Set([...userNames, 'mail', 'upn', 'courriel', 'correo'])
const userWordInside = /メール|邮箱|邮件|郵箱|이메일/

/** A remark in place of a user, which is not a header. */
const remark =
  /^(no|not|has|have|is|was|without|missing|pending|wait\w*|await\w*|unknown|ask|see|check|kein\w*|ohne|fehlt|sans|pas|sin)\b/i

/**
 * Whether the user's cell names a column of users: `Email`, or `Manager Email`. A text without white space could be a
 * short name such as `app-login`, unless the users are addresses.
 */
function namesUsers(cell: Cell | undefined, isOfMails: boolean): boolean {
  if (typeof cell !== 'string') return false
  const text = trimInvisible(textInFormula(cell)).normalize('NFKC')
  if (text.length > longestName || remark.test(text)) return false
  if (userNames.includes(plainName(text))) return true
  if (!isOfMails && !/\s/.test(text)) return false
  // `Manager` above addresses is at least a title, if not a header.
  if (isOtherPersons(text) && text.split(/\s+/).length <= 2) return true
  return userWordInside.test(text) || hasUserWord(text)
}

/** How long a column's name can be. A longer text is a note. */
const longestName = 60

/** Whether one, two or three successive words of a text are a usual name of the user's column. */
function hasUserWord(text: string): boolean {
  const words = text
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
  return words.some((_, start) =>
    [1, 2, 3].some((count) => userWords.has(words.slice(start, start + count).join(''))),
  )
}

/** The text that a name has in brackets, unless it is harmless, as `[required]` is. */
function textInBrackets(cell: Cell | undefined): string {
  if (typeof cell !== 'string') return ''
  const name = withoutHarmlessBrackets(textInFormula(cell).normalize('NFKC').toLowerCase())
  return /[([{<【〔《〈「『].*/s.exec(name)?.[0].replaceAll(/\s+/g, '') ?? ''
}

function nameIn(cell: Cell | undefined): string {
  return typeof cell === 'string' ? plainName(textInFormula(cell)) : ''
}
