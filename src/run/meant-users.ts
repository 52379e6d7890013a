import type { JournalState } from '../journal/journal-state.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { foldLogin, looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import { RowOfName } from '../rules/row-of-name.ts'
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
  readonly #rows = new RowOfName()
  readonly #state: JournalState
  readonly #results: Pick<ResultReader, 'read'> | null

  /** @param results null if the journal has no results */
  constructor(state: JournalState, results: Pick<ResultReader, 'read'> | null) {
    this.#state = state
    this.#results = results
  }

  /** Notes a row whose user is known, or will be once the row has its first intent or result. */
  note(row: number, key: string, login: string | null): void {
    if (!looksLikeUserId(key)) this.#rows.set(normalizeUserKey(key), row)
    if (login !== null && login !== '') this.#rows.set(foldLogin(login), row)
  }

  /** The user for whom a key stood in an earlier row; null if no row shows one. */
  async byKey(key: string): Promise<NamedBefore | null> {
    return looksLikeUserId(key) ? null : await this.#by(normalizeUserKey(key))
  }

  /**
   * The other user for whom one of two names stood in an earlier row: the key, or the login of the user that Okta shows
   * for the key. Null if neither stood for anybody else.
   */
  async other(
    key: string,
    shown: { readonly id: string; readonly login: string },
  ): Promise<NamedBefore | null> {
    if (looksLikeUserId(key) || key === shown.id) return null
    for (const name of new Set([normalizeUserKey(key), foldLogin(shown.login)])) {
      const before = await this.#by(name)
      if (before !== null && before.id !== shown.id) return before
    }
    return null
  }

  async #by(name: string): Promise<NamedBefore | null> {
    const row = this.#rows.get(name)
    const user = row === null ? null : await this.userOf(row)
    return row === null || user === null ? null : { ...user, row, name }
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
