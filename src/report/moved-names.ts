import { foldLogin, keysOf, looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import type { ReportRow } from './report-row.ts'

/**
 * Names that turned out to stand for somebody else now, or no longer for the user whom they meant. Feeding a row with such
 * a name again would act on a stranger, even if the row was judged before that was found out.
 */
export class MovedNames {
  /** The row that found it out, by each name. */
  readonly #rows = new Map<string, number>()

  /** Takes in a row. */
  see({ row, tasks }: Pick<ReportRow, 'row' | 'tasks'>): void {
    for (const task of tasks) {
      const { reason, user, okta_login: shown } = task
      const isOther = reason === 'other_user'
      if (!isOther && !isRenamed(task)) continue
      const logins = [normalizeUserKey(user), ...(isOther ? [foldLogin(shown ?? '')] : [])]
      // A copy, because a slice would keep the whole longer text in memory.
      for (const login of logins)
        for (const name of [login, shortNameOf(login)])
          if (name !== '' && !this.#rows.has(name)) this.#rows.set(Buffer.from(name).toString(), row)
    }
  }

  /** The row that found out that a user key stands for somebody else by now; null if none has. */
  rowOf(key: string): number | null {
    return looksLikeUserId(key) ? null : (this.#rows.get(normalizeUserKey(key)) ?? null)
  }
}

/** Whether the user whom a key meant has another login by now: somebody else may have the one that the key names. */
function isRenamed({ user, okta_user_id: id, okta_login: login }: ReportRow['tasks'][number]): boolean {
  // Nearly every row names its user as Okta shows the user, so the costly comparison is made only for the others.
  if (user === login || user === id) return false
  return id !== null && login !== null && !keysOf({ id, login }).includes(normalizeUserKey(user))
}

function shortNameOf(login: string): string {
  return login.replace(/@.*$/s, '')
}
