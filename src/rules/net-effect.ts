import { type Action, parseAction, ruleOf } from '../okta/actions.ts'
import { isUserStatus } from '../okta/status.ts'
import type { LeftAs } from './left-as.ts'
import type { TaskResult } from './result.ts'

/** The part of a result that this needs. */
type Ended = Pick<
  TaskResult,
  'row' | 'user' | 'action' | 'status_before' | 'status_after' | 'okta_user_id' | 'okta_login'
>

/**
 * A call of a run that Okta accepted, or that seems to have been applied.
 *
 * - `dated`: it was applied, and Okta did so between `from` and `until`.
 * - `undated`: it was applied, but nobody knows well enough when.
 * - `not_held`: it had no effect when the run looked. It may have had one later.
 * - `unsure`: the user is where it leads, but that may be somebody else's work.
 */
export type OwnCall<Result extends Ended = Ended> =
  | ({ readonly kind: 'dated'; readonly result: Result } & Pick<LeftAs, 'from' | 'until'>)
  | { readonly kind: 'undated' | 'not_held' | 'unsure'; readonly result: Result }

/** A call, and the run that it belongs to. */
type CallOfRun = OwnCall & { readonly run: string }

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

/** The first and the last of the calls on a user that can be taken back. */
interface Chain {
  readonly first: CallOfRun
  readonly firstAction: Action
  /** The last one that held. The first one, if none has. */
  readonly last: CallOfRun
  readonly lastAction: Action
  /** The call that left the user as they are: the last one, or one after it that can't be taken back. */
  readonly leftBy: CallOfRun
  /** Whether such a call has led the user to where the last one can't be taken back any more. */
  readonly isOver: boolean
  /** How many of them held, as far as known. */
  readonly held: number
}

/**
 * Finds the calls that take back what runs did to each user. It must see the applied calls of the runs in the order in
 * which they were applied.
 *
 * If a user has several, only their net effect counts: suspend, unsuspend, suspend is taken back by one unsuspend;
 * suspend, unsuspend by nothing. A call that can't be taken back may end this: nobody is suspended again who has been
 * deactivated since. But the calls before it still tell where the user was before the run.
 *
 * A call that may be somebody else's counts as well, as it may have led the user back. But nothing is taken back whose first
 * or last call it is: then nobody knows where the user was before the run, or whose change the last one is. A call at an
 * unknown time may be any but the last, as nobody could tell later changes from it. A call that did not hold only shows where
 * the user was before it: if it takes hold later, the user is no longer as the run left them.
 */
export class NetEffect {
  readonly #chains = new Map<string, Chain>()
  readonly #lasting = new Map<Action, number>()
  #unsureLasting = 0

  see(call: CallOfRun): void {
    const action = parseAction(call.result.action)
    if (action === null) return
    const { undo, target } = ruleOf(action)
    const user = call.result.okta_user_id ?? call.result.user
    if ('by' in undo) this.#add(user, action, call)
    else if (call.kind !== 'not_held') {
      if (call.kind === 'unsure') this.#unsureLasting++
      else this.#lasting.set(action, (this.#lasting.get(action) ?? 0) + 1)
      if (target.length === 0) return
      const known = this.#chains.get(user)
      const chain = known === undefined ? beginning(action, call) : afterLasting(known, action, call)
      if (chain !== null) this.#chains.set(user, chain)
    }
  }

  #add(user: string, action: Action, call: CallOfRun): void {
    const known = this.#chains.get(user)
    const isHeld = call.kind !== 'not_held'
    const last = { last: call, lastAction: action, leftBy: call, isOver: false }
    if (known === undefined)
      this.#chains.set(user, { first: call, firstAction: action, ...last, held: isHeld ? 1 : 0 })
    else if (isHeld) this.#chains.set(user, { ...known, ...last, held: known.held + 1 })
  }

  /** How many calls of each action can't be taken back. */
  get lasting(): ReadonlyMap<Action, number> {
    return this.#lasting
  }

  /** How many users are back where they were because of later calls of the run itself. */
  get alreadyBack(): number {
    return [...this.#chains.values()].filter((chain) => isBack(chain) && !isUnsure(chain)).length
  }

  /**
   * How many calls are left alone because nobody knows whether they, or others on the same user, are the run's own, or when
   * the last one was applied.
   */
  get unsure(): number {
    return [...this.#chains.values()]
      .filter(isUnsure)
      .reduce((sum, { held }) => sum + held, this.#unsureLasting)
  }

  /** At most one for each user, in the order of the rows whose calls are taken back. */
  reversals(): readonly Reversal[] {
    const reversals: Reversal[] = []
    for (const [user, chain] of this.#chains) {
      const { last, lastAction, leftBy, isOver } = chain
      const { undo } = ruleOf(lastAction)
      if (isOver || isBack(chain) || isUnsure(chain) || leftBy.kind !== 'dated' || !('by' in undo)) continue
      const { row, okta_login: login } = last.result
      reversals.push({ user, login, action: undo.by, run: last.run, row, left: leftAs(leftBy) })
    }
    return reversals.sort((one, other) => one.row - other.row)
  }
}

/**
 * The beginning of a chain where a call that can't be taken back is the first one: as if an unsuspension had come first, if
 * the user was suspended before it, or may have been. Otherwise null.
 */
function beginning(action: Action, call: CallOfRun): Chain | null {
  const { result, run } = call
  const { status_before: before } = result
  const mayBeSuspended = ruleOf(action).sentFrom.includes('SUSPENDED')
  if (!mayBeSuspended || (before !== null && before !== 'SUSPENDED')) return null
  const first = before === null ? ({ kind: 'unsure', result, run } as const) : call
  const [firstAction, lastAction] = ['unsuspend', 'unsuspend'] as const
  return { first, firstAction, last: first, lastAction, leftBy: first, isOver: true, held: 0 }
}

/** A chain after a call that can't be taken back and leads somewhere. */
function afterLasting(chain: Chain, action: Action, call: CallOfRun): Chain {
  const { undo } = ruleOf(chain.lastAction)
  const { status_before: before, status_after: after } = call.result
  const isWithin = 'by' in undo && ruleOf(action).target.every((to) => ruleOf(undo.by).sentFrom.includes(to))
  if (chain.isOver || !isWithin) return { ...chain, isOver: true }
  if (before !== null && before === after) return chain
  // Without a read before it, nobody knows which of the two calls has led the user there.
  if (before === null && call.kind === 'dated') {
    const { result, run } = call
    return { ...chain, leftBy: { kind: 'undated', result, run } }
  }
  return { ...chain, leftBy: call }
}

/** If the first and last calls differ (suspend, unsuspend), the user is back at the beginning already. */
function isBack({ firstAction, lastAction, isOver }: Chain): boolean {
  return firstAction !== lastAction && !isOver
}

function isUnsure(chain: Chain): boolean {
  const { first, leftBy, isOver } = chain
  if (isOver) return false
  return first.kind === 'unsure' || leftBy.kind === 'unsure' || (leftBy.kind === 'undated' && !isBack(chain))
}

function leftAs({ result, from, until }: Extract<OwnCall, { kind: 'dated' }>): LeftAs {
  const { status_after: after } = result
  const action = parseAction(result.action)
  const targets = action === null ? [] : ruleOf(action).target
  return { statuses: after !== null && isUserStatus(after) ? [after] : targets, from, until }
}
