import { foldLogin } from '../../okta/user.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { trimInvisible } from '../key/trim.ts'
import { checkUserKey } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { isOtherPersons, isOwnOtherAddress } from './other-person.ts'

/** A column that may be the one with the user just as well. */
export interface RivalColumn {
  readonly column: string
  /** A cell of it. */
  readonly example: string
}

/** What stands in a column. */
interface Found {
  /** Rows in which it names somebody else than the user. */
  rows: number
  example: string
  /** The first address in it, and whether there is no other one. */
  address: string
  isOne: boolean
}

function seeAddress(found: Found, cell: Cell | undefined): void {
  if (typeof cell !== 'string' || !cell.includes('@')) return
  const check = checkUserKey(trimInvisible(textInFormula(cell)))
  if ('problem' in check || check.kind !== 'address') return
  found.isOne = found.address === '' || foldLogin(found.address) === foldLogin(check.key)
  found.address ||= check.key
}

/**
 * Looks for a column that is not used but holds users too, and others than the one that was taken: a form has the
 * address of whoever filled it in beside that of the leaver. Which of them is meant, a person must say.
 */
export class RivalColumns {
  readonly #found: ReadonlyMap<string, Found>
  #rows = 0
  /** The one user of all rows so far; null where there are several. */
  #user: string | null = null

  constructor(unused: readonly string[]) {
    const columns = unused.filter((column) => !isOtherPersons(column) && !isOwnOtherAddress(column))
    this.#found = new Map(
      columns.map((column) => [column, { rows: 0, example: '', address: '', isOne: true }]),
    )
  }

  /** @param user the key of a valid row */
  add(user: string, cells: ReadonlyMap<string, Cell>): void {
    this.#rows += 1
    const isOneUser = this.#rows === 1 || this.#user === user
    this.#user = isOneUser ? user : null
    for (const [column, found] of this.#found) {
      const cell = cells.get(column)
      if (isOneUser && found.isOne) seeAddress(found, cell)
      if (typeof cell !== 'string' || !isSomebodyElse(cell, user)) continue
      found.rows += 1
      found.example ||= cell.trim()
    }
  }

  /**
   * The first column with other users in more than half of the rows, or with several people where all rows have the same
   * user; null if there is none.
   */
  rival(): RivalColumn | null {
    for (const [column, { rows, example, address, isOne }] of this.#found) {
      if (2 * rows > this.#rows) return { column, example }
      if (this.#user !== null && !isOne) return { column, example: address }
    }
    return null
  }
}

/**
 * Whether a cell names a user, and another one. An id says nothing about an address, and the same name at another domain
 * is most often the same person.
 */
function isSomebodyElse(cell: string, user: string): boolean {
  if (!cell.includes('@') && cell.length < 20) return false
  const check = checkUserKey(trimInvisible(textInFormula(cell)))
  if ('problem' in check || check.kind === 'short_name') return false
  const isAddress = user.includes('@')
  if ((check.kind === 'address') !== isAddress) return false
  return isAddress ? nameOf(check.key) !== nameOf(user) : check.key !== user
}

function nameOf(address: string): string {
  return foldLogin(address).replace(/@.*$/s, '')
}
