import { type Action, parseAction, ruleOf } from '../okta/actions.ts'
import { isUserStatus } from '../okta/status.ts'
import type { LeftAs } from './left-as.ts'
import type { TaskResult } from './result.ts'

/** The part of a result that this needs. */
type Ended = Pick<TaskResult, 'row' | 'user' | 'action' | 'status_after' | 'okta_user_id' | 'okta_login'>

/** A call that was applied, and when. */
export interface AppliedCall extends Pick<LeftAs, 'from' | 'until'> {
  readonly result: Ended
  /** The run that it belongs to. */
  readonly run: string
}

/** What takes back the net effect of a run, and of those that it retries, on one user. */
export interface Reversal {
  readonly user: string
  readonly login: string | null
  readonly action: Action
  /** The run and the row of the call that is taken back. */
  readonly run: string
  readonly row: number
  readonly left: LeftAs
}

/**
 * The first and the last of the calls on a user that can be taken back, counted from the last call that changed the
 * status for good.
 */
interface Chain {
  readonly first: Action
  /** Whether the first one may be somebody else's. */
  readonly isFirstUnsure: boolean
  readonly last: Action
  /** The last one; null if it may be somebody else's. */
  readonly call: AppliedCall | null
}

/**
 * Finds the calls that take back what runs did to each user. It must see the applied calls of the runs in the order in
 * which they were applied.
 *
 * If a user has several, only their net effect counts: suspend, unsuspend, suspend is taken back by one unsuspend;
 * suspend, unsuspend by nothing. After a call that can't be taken back and changes the status, the calls before it no
 * longer count.
 *
 * A call that may be somebody else's counts as well, as it may have led the user back. But nothing is taken back whose first
 * or last call it is: then nobody knows where the user was before the run, or whose change the last one is.
 */
export class NetEffect {
  readonly #chains = new Map<string, Chain>()
  readonly #lasting = new Map<Action, number>()

  see(call: AppliedCall): void {
    const action = parseAction(call.result.action)
    if (action === null) return
    const { undo, target } = ruleOf(action)
    const user = call.result.okta_user_id ?? call.result.user
    if ('by' in undo) {
      this.#add(user, action, call)
      return
    }
    this.#lasting.set(action, (this.#lasting.get(action) ?? 0) + 1)
    if (target.length > 0) this.#chains.delete(user)
  }

  /** Takes in a success that may be somebody else's, in its place among the calls. */
  seeUnsure(result: Ended): void {
    const action = parseAction(result.action)
    if (action === null) return
    const { undo, target } = ruleOf(action)
    const user = result.okta_user_id ?? result.user
    if ('by' in undo) this.#add(user, action, null)
    else if (target.length > 0) this.#chains.delete(user)
  }

  #add(user: string, action: Action, call: AppliedCall | null): void {
    const { first, isFirstUnsure } = this.#chains.get(user) ?? { first: action, isFirstUnsure: call === null }
    this.#chains.set(user, { first, isFirstUnsure, last: action, call })
  }

  /** How many calls of each action can't be taken back. */
  get lasting(): ReadonlyMap<Action, number> {
    return this.#lasting
  }

  /** How many users are back where they were because of later calls of the run itself. */
  get alreadyBack(): number {
    let count = 0
    for (const { first, last } of this.#chains.values()) if (first !== last) count++
    return count
  }

  /** At most one for each user, in the order of the rows whose calls are taken back. */
  reversals(): readonly Reversal[] {
    const reversals: Reversal[] = []
    for (const [user, { first, isFirstUnsure, last, call }] of this.#chains) {
      const { undo } = ruleOf(last)
      // If the first and last calls differ (suspend, unsuspend), the user is back at the beginning already.
      if (first !== last || !('by' in undo) || isFirstUnsure || call === null) continue
      const { row, okta_login: login } = call.result
      reversals.push({ user, login, action: undo.by, run: call.run, row, left: leftBy(last, call) })
    }
    return reversals.sort((one, other) => one.row - other.row)
  }
}

function leftBy(action: Action, { result, from, until }: AppliedCall): LeftAs {
  const { status_after: after } = result
  const statuses = after !== null && isUserStatus(after) ? [after] : ruleOf(action).target
  return { statuses, from, until }
}
