import { KnownError } from '../known-error.ts'
import { foldLogin, shortNameOf } from './login.ts'
import type { SandboxUser } from './user.ts'

/** The org's users, found as Okta finds them: by id, by login, by a login's unambiguous short name. */
export class Directory {
  readonly #users = new Map<string, SandboxUser>()
  readonly #idsByLogin = new Map<string, string>()
  // Nearly all short names belong to one user: a set for each would cost more than the users themselves.
  readonly #idsByShortName = new Map<string, string | Set<string>>()

  /** How many users there are. */
  get size(): number {
    return this.#users.size
  }

  /** All users, in the order in which they came. */
  users(): IterableIterator<SandboxUser> {
    return this.#users.values()
  }

  /** Takes in a new user. Throws a {@link KnownError} where the id or the login is taken. */
  add(user: SandboxUser): void {
    const login = foldLogin(user.profile.login)
    if (this.#users.has(user.id)) {
      throw new KnownError(`Two users of the org have the id ${user.id}.`, 'Give each user an id of its own.')
    }
    if (this.#idsByLogin.has(login)) {
      throw new KnownError(
        `Two users of the org have the login ${user.profile.login}, letter case and diacritics aside.`,
        'Give each user a login of its own.',
      )
    }
    this.#users.set(user.id, user)
    this.#idsByLogin.set(login, user.id)
    const shortName = shortNameOf(login)
    if (shortName === null) return
    const others = this.#idsByShortName.get(shortName)
    if (others === undefined) this.#idsByShortName.set(shortName, user.id)
    else if (typeof others === 'string') this.#idsByShortName.set(shortName, new Set([others, user.id]))
    else others.add(user.id)
  }

  /** Puts a user's new version in the place of the old one. The login must be the same. */
  replace(user: SandboxUser): void {
    this.#users.set(user.id, user)
  }

  /** Removes a user for good. */
  remove(user: SandboxUser): void {
    const login = foldLogin(user.profile.login)
    this.#users.delete(user.id)
    this.#idsByLogin.delete(login)
    const shortName = shortNameOf(login)
    if (shortName === null) return
    const others = this.#idsByShortName.get(shortName)
    if (others instanceof Set) others.delete(user.id)
    else this.#idsByShortName.delete(shortName)
  }

  /** The user whom a key names: an id exactly, else a login, else the short name of one login only. */
  find(key: string): SandboxUser | null {
    const byId = this.#users.get(key)
    if (byId !== undefined) return byId
    const folded = foldLogin(key)
    const id = this.#idsByLogin.get(folded) ?? this.#idByShortName(folded)
    return id === undefined ? null : (this.#users.get(id) ?? null)
  }

  #idByShortName(shortName: string): string | undefined {
    const ids = this.#idsByShortName.get(shortName)
    if (typeof ids === 'string' || ids === undefined) return ids
    return ids.size === 1 ? ids.values().next().value : undefined
  }
}
