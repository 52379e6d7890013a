import { foldLogin } from '../../okta/user.ts'
import { isUserId } from '../key/user-key.ts'
import type { Cell } from '../row.ts'
import { isWhyColumn, plainName } from './column-names.ts'
import { type NamedUser, namedUsers } from './named-users.ts'
import { isOtherOfAny, isOtherPersons, isOwnOtherAddress, namesAPerson } from './other-person.ts'

/** A column that may just as well be the one with the user. */
export interface RivalColumn {
  readonly column: string
  /** A cell of it. */
  readonly example: string
}

/** What was found in a column. */
interface Found {
  /** Rows in which it names anybody. */
  filled: number
  /** Rows in which it names somebody other than the user. */
  rows: number
  /** Those of them in which the two names have nothing in common. */
  strangers: number
  example: string
  /** The column's name, with the keys that lead to the example if it is inside an object. */
  path: string
  /** The first address in it, and whether there is no other one. */
  address: string
  isOne: boolean
  /**
   * Whether the column's name says that it holds another address of the same person. Then only a colleague's address
   * counts as somebody else's.
   */
  readonly isOwn: boolean
}

function seeAddresses(found: Found, users: readonly NamedUser[]): void {
  for (const { key, isAddress } of users) {
    if (!isAddress) continue
    found.isOne &&= found.address === '' || foldLogin(found.address) === foldLogin(key)
    found.address ||= key
  }
}

/**
 * Looks for an unused column that also holds users, but not the users of the column that was taken: a form may have the
 * address of the person who filled it in next to the leaver's. A person must say which column holds the users.
 */
export class RivalColumns {
  readonly #found: ReadonlyMap<string, Found>
  #rows = 0
  /** The one user of all rows so far; null if there are several. */
  #user: string | null = null

  constructor(unused: readonly string[]) {
    // The reasons in a failed.csv name the row's user in other spellings too.
    const columns = unused.filter(
      (column) =>
        !isOtherPersons(column) &&
        (!isOwnOtherAddress(column) || isOtherOfAny(column)) &&
        !isWhyColumn(column),
    )
    this.#found = new Map(
      columns.map((column) => [
        column,
        {
          filled: 0,
          rows: 0,
          strangers: 0,
          example: '',
          path: '',
          address: '',
          isOne: true,
          isOwn: isOwnOtherAddress(column),
        },
      ]),
    )
  }

  /** @param user the key of a valid row */
  add(user: string, cells: ReadonlyMap<string, Cell>): void {
    this.#rows += 1
    const isOneUser = this.#rows === 1 || this.#user === user
    this.#user = isOneUser ? user : null
    for (const [column, found] of this.#found) {
      const users = namedUsers(column, cells.get(column))
      if (isOneUser && found.isOne && !namesUser(users, user)) seeAddresses(found, users)
      if (users.length > 0) found.filled += 1
      const other = somebodyElse(users, user)
      if (other === null || (found.isOwn && !isColleague(other.key, user))) continue
      found.rows += 1
      if (other.isAddress !== user.includes('@') || haveNothingInCommon(other.key, user)) found.strangers += 1
      found.example ||= other.key
      found.path ||= other.path
    }
  }

  /**
   * The first column with other users in more than half of the rows, or with several people if all rows have the same
   * user; null if there is none. For a column whose name says that it names the person whom the row is about, such as
   * `Employee Email`, only the rows in which it names anybody are counted.
   */
  rival(): RivalColumn | null {
    for (const [column, { filled, rows, strangers, example, path, address, isOne }] of this.#found) {
      if (2 * rows > this.#rows) return { column: path, example }
      if (2 * strangers > filled && namesAPerson(path)) return { column: path, example }
      if (this.#user !== null && !isOne) return { column, example: address }
    }
    return null
  }
}

/** Names of columns that hold the id of the person to whom the row's address belongs. */
const ownIds = /^(okta|user|account|employee|person|profile)*(id|ids|uid|guid|key)$/

/** Names of columns that hold an address of the person to whom the row's id belongs. */
const ownAddresses = /mail|login|upn|principal|account|user|profile|credential/

/**
 * The first user of a cell, if it is not the row's user; null if there is none, or if the cell names the row's user
 * too. The same name at another domain is most often the same person. An id and an address count as the same person's
 * only if the column's name is one for the other kind.
 */
function somebodyElse(users: readonly NamedUser[], user: string): NamedUser | null {
  const isUser = ({ key, isAddress, path }: NamedUser): boolean => {
    if (isAddress)
      return user.includes('@') ? nameOf(key) === nameOf(user) : ownAddresses.test(plainName(path))
    return isUserId(user) ? key === user : ownIds.test(plainName(path))
  }
  const [first] = users
  return first === undefined || users.some(isUser) ? null : first
}

function namesUser(users: readonly NamedUser[], user: string): boolean {
  return user.includes('@') && users.some(({ key }) => nameOf(key) === nameOf(user))
}

/** Whether two addresses are of two people of one company: the same domain, and no part of the name in common. */
function isColleague(address: string, user: string): boolean {
  return (
    domainOf(address) !== '' && domainOf(address) === domainOf(user) && haveNothingInCommon(address, user)
  )
}

/** Whether the names of two users have no part in common. */
function haveNothingInCommon(address: string, user: string): boolean {
  const [name, other] = [nameOf(address), nameOf(user)]
  const parts = other.split(/[^\p{L}\p{M}]+/u).filter((part) => part.length >= 3)
  return !parts.some((part) => name.includes(part)) && !other.includes(name)
}

function domainOf(address: string): string {
  return foldLogin(address).replace(/^[^@]*@?/s, '')
}

function nameOf(address: string): string {
  return foldLogin(address).replace(/@.*$/s, '')
}
