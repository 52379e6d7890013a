import type { JournalState } from '../journal/journal-state.ts'
import type { ResultReader } from '../journal/result-reader.ts'
import { foldLogin, looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import { RowOfName } from '../rules/row-of-name.ts'
import type { NamedBefore } from '../rules/row-verdict.ts'

/**
 * Whom the names in a run's rows have led to. A login may be given to somebody else while a run is at work, or before it
 * goes on; but in one run, and in its retries, a name means one user only:
 *
 * - **N1** The user of a name is the one whom a row with that name was judged by or sent to, as its journal says.
 * - **N2** The first such row decides. A row whose key is an id needs no decision: an id never moves.
 * - **N3** A row that nothing was found out about decides nothing.
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

  /** Whom a key meant in an earlier row; null if no row tells. */
  async byKey(key: string): Promise<NamedBefore | null> {
    return looksLikeUserId(key) ? null : await this.#by(normalizeUserKey(key))
  }

  /**
   * Whom an earlier row meant by one of the names of a user that Okta shows for a key: the key itself, or the login. Null
   * if no row meant anybody else.
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

  /** Whom a row meant, by its calls, its results or the run that it retries; null if nothing tells. */
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
