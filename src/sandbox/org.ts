import { KnownError } from '../known-error.ts'
import type { Action } from '../okta/actions.ts'
import { instantOf, type OrgClock } from './clock.ts'
import { Directory } from './directory.ts'
import { decide } from './lifecycle.ts'
import type { OktaError } from './okta-error.ts'
import type { AppliedCall, OrgState, OrgToken } from './org-state.ts'
import type { SandboxUser, Transition } from './user.ts'

/** How long a change of status takes that the org carries out in the background, in milliseconds from 0. */
export interface TransitionTimes {
  /** Of every activate; 0 makes it take effect at once. */
  readonly activate: number
  /** Of a deactivate that asks for `respond-async`; any other takes effect at once. */
  readonly deactivate: number
}

/** What a lifecycle call asks for besides the user and the action. */
export interface CallDetails {
  /** `Prefer: respond-async` was sent. */
  readonly respondAsync: boolean
  /** Whether mail goes out; null where the action never sends any. */
  readonly sendEmail: boolean | null
  readonly requestId: string
}

/** The simulated org: its users, its tokens, and what was done to whom. All in memory. */
export class Org {
  readonly #clock: OrgClock
  readonly #times: TransitionTimes
  readonly #directory = new Directory()
  readonly #tokens: ReadonlyMap<string, OrgToken>
  readonly #applied = new Map<string, Partial<Record<Action, number>>>()
  readonly #calls: AppliedCall[] = []

  /** Throws a {@link KnownError} where two users have the same id or login, or a token's owner is not there. */
  constructor(state: OrgState, clock: OrgClock, times: TransitionTimes) {
    this.#clock = clock
    this.#times = times
    for (const user of state.users) this.#directory.add(user)
    this.#tokens = new Map(state.tokens.map((token) => [token.value, token]))
    for (const { owner } of state.tokens) {
      if (owner === null || this.#directory.find(owner)?.id === owner) continue
      throw new KnownError(`No user of the org has the id ${owner}, which owns a token.`, 'Add that user.')
    }
    for (const call of state.calls) this.#record(call)
  }

  /** How many times each action was really carried out on a user, by the user's id. */
  get applied(): ReadonlyMap<string, Readonly<Partial<Record<Action, number>>>> {
    return this.#applied
  }

  /** Every lifecycle call that was carried out, in order. */
  get calls(): readonly AppliedCall[] {
    return this.#calls
  }

  /** How many users the org has. */
  get size(): number {
    return this.#directory.size
  }

  /** All users as they are now, in the order in which they came. */
  *users(): Generator<SandboxUser> {
    for (const user of this.#directory.users()) yield this.#settled(user)
  }

  /** The user whom an id, a login or an unambiguous short name names, as of now; null where there is none. */
  find(key: string): SandboxUser | null {
    const user = this.#directory.find(key)
    return user === null ? null : this.#settled(user)
  }

  /** Whether a token of that value was ever given out, alive or dead. */
  knows(value: string): boolean {
    return this.#tokens.has(value)
  }

  /** The token of that value, if it is known and alive: it dies at once when its owner is deactivated. */
  token(value: string): OrgToken | null {
    const token = this.#tokens.get(value)
    if (token === undefined || token.owner === null) return token ?? null
    const owner = this.find(token.owner)
    return owner === null || owner.status === 'DEPROVISIONED' ? null : token
  }

  /** Carries out a lifecycle call, or says how Okta refuses it. Null: it was carried out. */
  act(user: SandboxUser, action: Action, details: CallDetails): OktaError | null {
    const { iso } = this.#clock.instant()
    const decision = decide(user, action, iso)
    if (decision.kind === 'refused') return decision.error
    const transition = this.#transition(action, decision.change.status, details.respondAsync)
    this.#directory.replace({ ...user, ...(transition === null ? decision.change : { transition }) })
    this.#record({
      time: iso,
      user: user.id,
      action,
      sendEmail: details.sendEmail,
      requestId: details.requestId,
    })
    return null
  }

  /** Removes a user for good. */
  remove(user: SandboxUser): void {
    this.#directory.remove(user)
  }

  /** All that a restart needs. */
  state(): OrgState {
    return {
      version: 1,
      users: [...this.users()],
      tokens: [...this.#tokens.values()],
      calls: [...this.#calls],
    }
  }

  #record(call: AppliedCall): void {
    this.#calls.push(call)
    const counts = this.#applied.get(call.user) ?? {}
    counts[call.action] = (counts[call.action] ?? 0) + 1
    this.#applied.set(call.user, counts)
  }

  #transition(
    action: Action,
    to: SandboxUser['status'] | undefined,
    respondAsync: boolean,
  ): Transition | null {
    if (to === undefined || (action !== 'activate' && action !== 'deactivate')) return null
    const milliseconds = action === 'activate' || respondAsync ? this.#times[action] : 0
    return milliseconds > 0 ? { action, to, endsAt: this.#clock.milliseconds() + milliseconds } : null
  }

  // Transitions end when someone looks: no timer per user, and a restored org goes on where it was.
  #settled(user: SandboxUser): SandboxUser {
    if (user.transition === null || user.transition.endsAt > this.#clock.milliseconds()) return user
    const { action, endsAt } = user.transition
    const steady = { ...user, transition: null }
    const decision = decide(steady, action, instantOf(endsAt).iso)
    const settled = decision.kind === 'allowed' ? { ...steady, ...decision.change } : steady
    this.#directory.replace(settled)
    return settled
  }
}
