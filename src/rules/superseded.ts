import { type Action, ruleOf } from '../okta/actions.ts'
import { keysOf, normalizeUserKey } from '../okta/user.ts'
import { decide } from './decide.ts'
import type { TaskResult } from './result.ts'

/** A later row that was carried out or may have been, and its action. */
export interface LaterRow {
  readonly row: number
  readonly action: Action
  /** Whether it is in doubt: once that is settled, the earlier row may be taken up after all. */
  readonly inDoubt: boolean
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
 * would reverse the input's order. A later row in doubt may have been carried out; and if the user's status is to
 * settle its doubt, the earlier row must not change that status first. So the earlier row waits. It must see the rows
 * in the order of the input.
 */
export class SupersededRows {
  /** Rows that are taken up, by each name of their user. Kept small, because there may be very many. */
  readonly #waiting = new Map<string, WaitingRow[]>()
  readonly #found = new Map<number, LaterRow>()

  /** Takes in a row of the input: its results, and whether it is taken up. */
  see(row: number, user: string, results: readonly Ended[], retried: OpenRow | null): void {
    const names = namesOf(user, results)
    for (const { action: name, result } of results) {
      const action = name as Action
      const inDoubt = result === 'in_doubt'
      if (result !== 'succeeded' && result !== 'unchanged' && !inDoubt) continue
      for (const earlier of names.flatMap((known) => this.#waiting.get(known) ?? [])) {
        const known = this.#found.get(earlier.row)
        // The row's own steps are not a later row. A doubt does not replace what is certain.
        if (earlier.row === row || (inDoubt && known !== undefined)) continue
        if (!comesTooLate(earlier.todo, { action, result })) continue
        this.#found.set(earlier.row, { row, action, inDoubt })
      }
    }
    if (retried === null) return
    const waiting = { row, todo: retried.todo }
    for (const name of names) {
      const rows = this.#waiting.get(name)
      // A copy is made, because a slice would keep the whole longer text in memory.
      if (rows === undefined) this.#waiting.set(Buffer.from(name).toString(), [waiting])
      else rows.push(waiting)
    }
  }

  /** The later row that supersedes a row; null if the row may be taken up. */
  by(row: number): LaterRow | null {
    return this.#found.get(row) ?? null
  }

  /** How many rows are superseded. */
  get size(): number {
    return this.#found.size - this.waiting
  }

  /** How many rows wait because a later one is in doubt. */
  get waiting(): number {
    return [...this.#found.values()].filter(({ inDoubt }) => inDoubt).length
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

/** Whether actions come too late once a later action was, or may have been, carried out. */
export function comesTooLate(
  earlier: readonly Action[],
  later: { readonly action: Action; readonly result: string },
): boolean {
  if (later.result !== 'in_doubt') return undoes(earlier, later)
  return ruleOf(later.action).doubt === 'status' || undoes(earlier, { ...later, result: 'succeeded' })
}

/**
 * Whether doing an action now may undo what came after the later action. It may take the user elsewhere; make a new
 * activation link, which makes the one that the later action sent out invalid; or reset factors again, which removes
 * those that were enrolled since.
 */
function undoes(
  earlier: readonly Action[],
  later: { readonly action: Action; readonly result: string },
): boolean {
  const { target: reached, answersWithLink: hasLink } = ruleOf(later.action)
  return earlier.some((action) => {
    const { target, answersWithLink } = ruleOf(action)
    if (target.length === 0) {
      const comesAgain = answersWithLink ? hasLink : action === later.action
      return comesAgain && later.result === 'succeeded'
    }
    return reached.some(
      (status) => !target.includes(status) && decide(action, { status, offered: [] }).kind === 'send',
    )
  })
}
