import { type Action, ruleOf } from '../okta/actions.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'
import { decide } from './decide.ts'
import type { TaskResult } from './result.ts'

/** A later row that was carried out, and its action. */
export interface LaterRow {
  readonly row: number
  readonly action: Action
}

/** What is still to be done of a row. */
interface OpenRow {
  readonly todo: readonly Action[]
}

type WaitingRow = OpenRow & { readonly row: number }

/** As much of a task's result as this needs. */
type Ended = Pick<TaskResult, 'action' | 'okta_user_id' | 'okta_login'> & { readonly result: string }

/**
 * Finds the rows that a retry must not take up because a later row of the same user was carried out: doing them now
 * would reverse the input's order. It must see the rows in the order of the input.
 */
export class SupersededRows {
  /** Rows that are taken up, by each name of their user. Kept small, because there may be very many. */
  readonly #waiting = new Map<string, WaitingRow[]>()
  readonly #found = new Map<number, LaterRow>()

  /** Takes in a row of the input: its results, and whether it is taken up. */
  see(row: number, user: string, results: readonly Ended[], retried: OpenRow | null): void {
    const names = namesOf(user, results)
    for (const { action, result } of results) {
      if (result !== 'succeeded' && result !== 'unchanged') continue
      for (const earlier of names.flatMap((name) => this.#waiting.get(name) ?? [])) {
        // The row's own steps are not a later row.
        if (earlier.row === row || !undoes(earlier.todo, { action: action as Action, result })) continue
        this.#found.set(earlier.row, { row, action: action as Action })
      }
    }
    if (retried === null) return
    const waiting = { row, todo: retried.todo }
    for (const name of names) {
      const rows = this.#waiting.get(name)
      // A copy, because a slice would keep the whole longer text in memory.
      if (rows === undefined) this.#waiting.set(Buffer.from(name).toString(), [waiting])
      else rows.push(waiting)
    }
  }

  /** The later row that supersedes a row; null if the row may be taken up. */
  by(row: number): LaterRow | null {
    return this.#found.get(row) ?? null
  }

  get size(): number {
    return this.#found.size
  }
}

/** All names that rows may use for one user. */
export function namesOf(
  user: string,
  results: readonly Pick<TaskResult, 'okta_user_id' | 'okta_login'>[],
): readonly string[] {
  const names = new Set([normalizeUserKey(user)])
  for (const { okta_user_id: id, okta_login: login } of results) {
    if (id === null) continue
    for (const key of keysOf({ id, login: login ?? '' })) names.add(key)
  }
  return [...names]
}

/**
 * Whether doing an action now may undo what the later action did: it would take the user elsewhere, or make a new
 * activation link, which ends the one that the later action has sent out.
 */
function undoes(
  earlier: readonly Action[],
  later: { readonly action: Action; readonly result: string },
): boolean {
  const { target: reached, answersWithLink: hasLink } = ruleOf(later.action)
  return earlier.some((action) => {
    const { target, answersWithLink } = ruleOf(action)
    if (target.length === 0) return answersWithLink && hasLink && later.result === 'succeeded'
    return reached.some(
      (status) => !target.includes(status) && decide(action, { status, offered: [] }).kind === 'send',
    )
  })
}
