import { textInFormula } from '../csv/text-formula.ts'
import { checkUserKey } from '../key/user-key.ts'
import type { Cell, InputRow, RawRecord } from '../row.ts'
import { plainName, userNames } from './column-names.ts'

/** Names of columns whose cells are addresses, as {@link plainName} writes them. */
const mailNames = userNames.filter((name) => name.includes('mail') || name.includes('principal'))

/**
 * Watches for a second table below the first one: a row that names columns in another order, or a header that stands
 * again under a title. What comes after it is under other names than those of the first line, or about other people, so
 * none of it is acted on.
 */
export class OtherHeader {
  readonly #columns: readonly string[]
  readonly #names: ReadonlySet<string>
  readonly #isOfMails: boolean
  #found: number | null = null
  #isAfterTitle = false

  /** @param user the column of the user, one of the columns */
  constructor(columns: readonly string[], user: string) {
    this.#columns = columns
    this.#isOfMails = mailNames.includes(plainName(user))
    this.#names = new Set([...columns.map(plainName), ...userNames])
  }

  /** The row as it is, or as a bad one if it stands under another header. */
  judge(row: InputRow, { cells }: RawRecord): InputRow {
    if (this.#found !== null) return this.#under(row, this.#found)
    // Nearly every row names somebody, and is no header. Looking at the others alone keeps this cheap.
    if (namesSomebody(row)) {
      this.#isAfterTitle = false
      return row
    }
    const cellNames = this.#columns.map((column) => nameIn(cells.get(column)))
    const isHeader = this.#isHeader(cellNames) || this.#namesMailElsewhere(cellNames)
    if (isHeader && (this.#isAfterTitle || !this.#isSame(cellNames))) this.#found = row.row
    this.#isAfterTitle = !isHeader && (isRefused(row) || isAlone(cells))
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
   * Where the users are addresses, a row without one that has `Email` under another column, among words alone, is the
   * header of a table of other columns.
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

  #isSame(cellNames: readonly string[]): boolean {
    return cellNames.every((name, index) => name === '' || name === plainName(this.#columns[index] ?? ''))
  }

  #under(row: InputRow, header: number): InputRow {
    if (row.kind !== 'valid') return row
    const message = `the row stands under another header, in row ${header}; give each table in a file of its own`
    const { line, user, actions, cells } = row
    const problems = [{ column: null, message }]
    return { kind: 'invalid', row: row.row, line, user, action: actions[0] ?? '', problems, cells, raw: null }
  }
}

/**
 * Whether a row is bad by itself. That its key is a short name tells only beside the other rows, when all are known: each
 * reading of the input must find the same titles.
 */
function isRefused(row: InputRow): boolean {
  if (row.kind !== 'invalid') return false
  const check = checkUserKey(row.user)
  return 'problem' in check || check.kind !== 'short_name'
}

/** Whether a row has one cell alone, as a title has. */
function isAlone(cells: RawRecord['cells']): boolean {
  return [...cells.values()].filter((cell) => cell !== '' && cell !== null).length === 1
}

function namesSomebody(row: InputRow): boolean {
  return row.user.includes('@') || (row.kind === 'valid' && row.keyKind === 'id')
}

function nameIn(cell: Cell | undefined): string {
  return typeof cell === 'string' ? plainName(textInFormula(cell)) : ''
}
