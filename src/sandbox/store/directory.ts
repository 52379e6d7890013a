import { KnownError, Refusal } from '../../messages/known-error.ts'
import { foldLogin, shortNameOf } from '../users/login.ts'
import type { SandboxUser } from '../users/user.ts'
import { HashIndex } from './hash-index.ts'
import { UserTable } from './user-table.ts'

/** The org's users, found as Okta finds them: by id, by login, by a login's unambiguous short name. */
export class Directory {
  /** The users in columns, for lists and searches. */
  readonly table: UserTable
  readonly #byId: HashIndex
  readonly #byLogin: HashIndex
  readonly #byShortName: HashIndex
  #size = 0

  /** `expected`: how many users will be added. There may be more. */
  constructor(expected = 0) {
    const table = new UserTable(expected)
    this.table = table
    this.#byId = new HashIndex((row) => table.id(row), expected)
    this.#byLogin = new HashIndex((row) => foldLogin(table.login(row)), expected)
    this.#byShortName = new HashIndex((row) => shortNameOf(foldLogin(table.login(row))), expected)
  }

  /** How many users there are. */
  get size(): number {
    return this.#size
  }

  /** The rows of all users, in the order in which they were added, from the one after `after` (-1: from the first). */
  *rows(after = -1): Generator<number> {
    for (let row = after + 1; row < this.table.length; row += 1) {
      if (!this.table.isRemoved(row)) yield row
    }
  }

  /** The row of an id, -1 if no user ever had it. A removed user's row is still found. */
  rowOf(id: string): number {
    return this.#byId.first(id)
  }

  /** Whether a user has this login, letter case and diacritics aside. */
  hasLogin(login: string): boolean {
    return this.#byLogin.first(foldLogin(login)) !== -1
  }

  /** Adds a new user. Throws a {@link KnownError} if the id or the login is taken. */
  add(user: SandboxUser): void {
    const same = this.rowOf(user.id)
    if (same !== -1 && !this.table.isRemoved(same)) {
      throw new Refusal(`Two users of the org have the id ${user.id}.`, 'Give each user an id of its own.')
    }
    const login = foldLogin(user.profile.login)
    if (this.#byLogin.first(login) !== -1) {
      throw new Refusal(
        `Two users of the org have the login ${user.profile.login}, letter case and diacritics aside.`,
        'Give each user a login of its own.',
      )
    }
    if (same !== -1) this.#byId.remove(same, user.id)
    const row = this.table.push(user)
    this.#byId.add(row, user.id)
    this.#byLogin.add(row, login)
    this.#byShortName.add(row, shortNameOf(login))
    this.#size += 1
  }

  /** Replaces a user with the user's new version. A new login must be free. */
  replace(user: SandboxUser): void {
    const row = this.rowOf(user.id)
    const renamed = this.table.login(row) !== user.profile.login
    if (renamed) this.#forgetLogin(row)
    this.table.write(row, user)
    if (!renamed) return
    const login = foldLogin(user.profile.login)
    this.#byLogin.add(row, login)
    this.#byShortName.add(row, shortNameOf(login))
  }

  /** Removes a user for good. */
  remove(user: SandboxUser): void {
    const row = this.rowOf(user.id)
    this.#forgetLogin(row)
    this.table.remove(row)
    this.#size -= 1
  }

  /** The user whom a key names: an id exactly, else a login, else the short name of one login only. */
  find(key: string): SandboxUser | null {
    const byId = this.rowOf(key)
    if (byId !== -1 && !this.table.isRemoved(byId)) return this.table.read(byId)
    const folded = foldLogin(key)
    const byLogin = this.#byLogin.first(folded)
    const row = byLogin === -1 ? this.#byShortName.only(folded) : byLogin
    return row === -1 ? null : this.table.read(row)
  }

  #forgetLogin(row: number): void {
    const login = foldLogin(this.table.login(row))
    this.#byLogin.remove(row, login)
    this.#byShortName.remove(row, shortNameOf(login))
  }
}
