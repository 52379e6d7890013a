import { parseAction } from '../okta/actions.ts'
import { normalizeUserKey } from '../okta/user.ts'
import { NameTable } from './name-table.ts'
import type { TaskResult } from './result.ts'

/**
 * The users whom Okta refused for lack of permission, if that was found to be because of them: tasks have failed by it, and
 * that is final. A token may be allowed one action and not another, so it holds for that action only.
 */
export class RefusedUsers {
  /** By action, and by id or by the key of a row. A table, because an input may have very many of them. */
  readonly #names = new NameTable()

  /** Takes in the end of a task. */
  see({ result, error_code: code, okta_user_id: id, user, action }: TaskResult): void {
    if (result !== 'failed' || code !== 'E0000006' || parseAction(action) === null) return
    this.#names.set(nameOf(action, user), 1)
    if (id !== null) this.#names.set(nameOf(action, id), 1)
  }

  /** @param user an id, or the key of a row */
  has(action: string, user: string): boolean {
    return this.#names.find(nameOf(action, user)) !== null
  }
}

function nameOf(action: string, user: string): string {
  return `${action} ${normalizeUserKey(user)}`
}
