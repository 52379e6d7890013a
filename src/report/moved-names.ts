import { foldLogin, looksLikeUserId, normalizeUserKey } from '../okta/user.ts'
import type { ReportRow } from './report-row.ts'

/**
 * Names that turned out to stand for somebody else now. Feeding a row with such a name again would act on a stranger,
 * even if the row was judged before that was found out.
 */
export class MovedNames {
  /** The row that found it out, by each name. */
  readonly #rows = new Map<string, number>()

  /** Takes in a row. */
  see({ row, tasks }: Pick<ReportRow, 'row' | 'tasks'>): void {
    for (const { reason, user, okta_login: shown } of tasks) {
      if (reason !== 'other_user') continue
      // A copy, because a slice would keep the whole longer text in memory.
      for (const login of [normalizeUserKey(user), foldLogin(shown ?? '')])
        for (const name of [login, shortNameOf(login)])
          if (name !== '' && !this.#rows.has(name)) this.#rows.set(Buffer.from(name).toString(), row)
    }
  }

  /** The row that found out that a user key stands for somebody else by now; null if none has. */
  rowOf(key: string): number | null {
    return looksLikeUserId(key) ? null : (this.#rows.get(normalizeUserKey(key)) ?? null)
  }
}

function shortNameOf(login: string): string {
  return login.replace(/@.*$/s, '')
}
