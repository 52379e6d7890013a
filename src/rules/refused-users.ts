import { normalizeUserKey } from '../okta/user.ts'
import { NameTable } from './name-table.ts'
import type { TaskResult } from './result.ts'

/** The users whom Okta refused, if that was found to be because of them: tasks have failed by it, and that is final. */
export class RefusedUsers {
  /** By id, and by the keys of rows. A table, because an input may have very many of them. */
  readonly #names = new NameTable()

  /** Takes in the end of a task. */
  see({ result, http_status: status, okta_user_id: id, user }: TaskResult): void {
    if (result !== 'failed' || status !== 403) return
    this.#names.set(normalizeUserKey(user), 1)
    if (id !== null) this.#names.set(normalizeUserKey(id), 1)
  }

  /** @param user an id, or the key of a row */
  has(user: string): boolean {
    return this.#names.find(normalizeUserKey(user)) !== null
  }
}
