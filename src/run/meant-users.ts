import type { JournalState } from '../journal/journal-state.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { foldLogin, looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import { NameTable } from '../rules/name-table.ts'
import type { NamedBefore } from '../rules/row-verdict.ts'

/**
 * Which users the names in a run's rows have stood for. A login may be given to somebody else while a run is at work,
 * or before it goes on; but in one run, and in its retries, a name stands for one user only:
 *
 * - **N1** The user of a name is the one by whom a row with that name was judged, or to whom its call was sent,
 *   according to the journal.
 * - **N2** The first such row decides. A row whose key is an id needs no decision: an id never moves.
 * - **N3** A row whose user was never found out decides nothing.
 */
export class MeantUsers {
  /** By each name, the first row that used it. */
  #rows = new NameTable()
  readonly #state: JournalState
  readonly #results: Pick<ResultReader, 'read'> | null

  /** @param results null if the journal has no results */
  constructor(state: JournalState, results: Pick<ResultReader, 'read'> | null) {
    this.#state = state
    this.#results = results
  }

  /** Forgets all names. No row may be at work. */
  clear(): void {
    this.#rows = new NameTable()
  }

  /** Notes a row whose user is known, or will be once the row has its first intent or result. */
  note(row: number, key: string, login: string | null): void {
    const name = looksLikeUserId(key) ? null : normalizeUserKey(key)
    if (name !== null) this.#rows.numberOf(name, row)
    for (const known of [login ?? '', ...this.#state.earlierLogins(row)]) {
      if (known === '') continue
      const folded = foldLogin(known)
      if (folded !== name) this.#rows.numberOf(folded, row)
      this.#rows.numberOf(asShortName(folded.replace(/@.*$/s, '')), row)
    }
  }

  /** The user for whom a key stood in an earlier row, also as the short name of a login; null if no row shows one. */
  async byKey(key: string): Promise<NamedBefore | null> {
    if (looksLikeUserId(key)) return null
    const name = normalizeUserKey(key)
    return (await this.#by(name)) ?? (name.includes('@') ? null : await this.#by(asShortName(name)))
  }

  /**
   * The other user for whom a name stood in an earlier row: the key, the login of the user that Okta shows for it, or, if
   * the key is a short name, a login that begins with it. Null if none stood for anybody else.
   */
  async other(
    key: string,
    shown: { readonly id: string; readonly login: string },
  ): Promise<NamedBefore | null> {
    if (looksLikeUserId(key) || key === shown.id) return null
    const [name, login] = [normalizeUserKey(key), foldLogin(shown.login)]
    const isShortName = !name.includes('@') && name !== login
    for (const known of new Set([name, login, ...(isShortName ? [asShortName(name)] : [])])) {
      const before = await this.#by(known)
      if (before !== null && before.id !== shown.id) return before
    }
    return null
  }

  async #by(name: string): Promise<NamedBefore | null> {
    const row = this.#rows.find(name)
    const user = row === null ? null : await this.userOf(row)
    return row === null || user === null ? null : { ...user, row, name: name.replace(shortNameMark, '') }
  }

  /**
   * The user of a row according to its calls, its results or the run that is retried; null if none of them shows one.
   */
  async userOf(row: number): Promise<Pick<NamedBefore, 'id' | 'login'> | null> {
    const sent = this.#state.userOf(row)
    if (sent !== null) return { id: sent.user_id, login: sent.login }
    for (const position of this.#state.resultPositions(row)) {
      const result = await this.#results?.read(position)
      if (result !== undefined && result.okta_user_id !== null)
        return { id: result.okta_user_id, login: result.okta_login }
    }
    const meant = this.#state.meantBy(row)
    return meant === null ? null : { id: meant.id, login: meant.login }
  }
}

/** Keeps a short name apart from a login without an @, which may be somebody else's. */
const shortNameMark = /^@/

function asShortName(name: string): string {
  return `@${name}`
}
