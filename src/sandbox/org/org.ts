import { KnownError, Refusal } from '../../messages/known-error.ts'
import type { Action } from '../../okta/actions.ts'
import { type UserStatus, userStatuses } from '../../okta/status.ts'
import { type OktaError, oktaError } from '../answers/okta-error.ts'
import type { CredentialDecision } from '../rules/credential-rules.ts'
import { changeStatus, decide, type UserChange } from '../rules/lifecycle.ts'
import type { AppliedCall } from '../store/call-log.ts'
import { CallLog } from '../store/call-log.ts'
import { Directory } from '../store/directory.ts'
import { ProfileSchema } from '../users/profile-schema.ts'
import type { SandboxUser, Transition } from '../users/user.ts'
import { instantOf, type OrgClock } from './clock.ts'
import { Groups } from './groups.ts'
import type { OrgSeed, OrgState, OrgToken } from './org-state.ts'
import { RoleAssignments } from './roles.ts'

/** How long the org's background work takes, in milliseconds from 0. */
export interface TransitionTimes {
  /** For every activate; 0 makes it take effect at once. */
  readonly activate: number
  /** For a deactivate that asks for `respond-async`; any other takes effect at once. */
  readonly deactivate: number
  /** Until a list of a group includes a new member. Okta's lists have been seen to take up to 3 seconds. */
  readonly membership: number
}

/** What a lifecycle call asks for besides the user and the action. */
export interface CallDetails {
  /** `Prefer: respond-async` was sent. */
  readonly respondAsync: boolean
  /** Whether mail goes out; null if the action never sends any. */
  readonly sendEmail: boolean | null
  readonly requestId: string
}

/** The simulated org: its users, groups and tokens, and what was done to whom. All in memory. */
export class Org {
  readonly clock: OrgClock
  readonly groups: Groups
  readonly roles: RoleAssignments
  readonly schema: ProfileSchema
  readonly #times: TransitionTimes
  readonly #directory: Directory
  readonly #tokens: ReadonlyMap<string, OrgToken>
  readonly #log = new CallLog()

  /**
   * Throws a {@link KnownError} if two users have the same id or login, or a group's member or a token's owner is
   * missing.
   */
  constructor(seed: OrgSeed, clock: OrgClock, times: TransitionTimes) {
    this.clock = clock
    this.#times = times
    this.#directory = new Directory(Array.isArray(seed.users) ? seed.users.length : (seed.expected ?? 0))
    this.schema = new ProfileSchema(seed.attributes ?? [])
    for (const user of seed.users) {
      this.schema.learn(user.profile)
      this.#directory.add(user)
    }
    for (const { name, members } of seed.groups ?? []) {
      const stranger = members.find((member) => this.#directory.rowOf(member) === -1)
      if (stranger === undefined) continue
      throw new Refusal(
        `The group ${name} has the member ${stranger}, who is not a user of the org.`,
        'Add that user.',
      )
    }
    this.groups = new Groups(seed.groups ?? [], clock, times.membership)
    this.roles = new RoleAssignments(seed.roleAssignments ?? [])
    this.#tokens = new Map(seed.tokens.map((token) => [token.value, token]))
    for (const { owner } of seed.tokens) {
      if (owner === null || this.#directory.find(owner)?.id === owner) continue
      throw new Refusal(`A token belongs to ${owner}, who is not a user of the org.`, 'Add that user.')
    }
    for (const call of seed.calls) this.#log.add(call)
  }

  /** How many times each action was really carried out on a user, by the user's id. Each read counts again. */
  get applied(): ReadonlyMap<string, Readonly<Partial<Record<Action, number>>>> {
    return this.#log.counts()
  }

  /** Every lifecycle call that was carried out, in order. A new list each time. */
  get calls(): readonly AppliedCall[] {
    return [...this.#log.all()]
  }

  /** {@link calls}, one by one. */
  eachCall(): Iterable<AppliedCall> {
    return this.#log.all()
  }

  /** How many users the org has. */
  get size(): number {
    return this.#directory.size
  }

  /** The users by row, for lists and searches, each as it is now. */
  directory(): Directory {
    for (const row of [...this.#directory.table.inTransition]) this.#settle(this.#directory.table.read(row))
    return this.#directory
  }

  /** All users as they are now, in the order in which they were added. */
  *users(): Generator<SandboxUser> {
    const directory = this.directory()
    for (const row of directory.rows()) yield directory.table.read(row)
  }

  /** The user whom an id, a login or an unambiguous short name names, as the user is now; null if there is none. */
  find(key: string): SandboxUser | null {
    const user = this.#directory.find(key)
    return user === null ? null : this.#settle(user)
  }

  /** The tokens that were ever given out, alive or dead. */
  get tokens(): readonly OrgToken[] {
    return [...this.#tokens.values()]
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

  /** Carries out a lifecycle call and returns null, or returns Okta's refusal. */
  act(user: SandboxUser, action: Action, details: CallDetails): OktaError | null {
    const { iso } = this.clock.instant()
    const decision = decide(user, action, iso)
    if (decision.kind === 'refused') return decision.error
    const transition = this.#transition(action, decision.change.status, details.respondAsync)
    this.#directory.replace({ ...user, ...(transition === null ? decision.change : { transition }) })
    if (action === 'deactivate' && transition === null) this.#dropRoles(user)
    this.#log.add({
      time: iso,
      user: user.id,
      action,
      sendEmail: details.sendEmail,
      requestId: details.requestId,
    })
    return null
  }

  /** Adds a new user. The id and the login must be free. */
  add(user: SandboxUser): void {
    this.#directory.add(user)
  }

  /** Changes a user outside the seven actions, and returns the new version. A new login must be free. */
  change(user: SandboxUser, change: UserChange): SandboxUser {
    const changed = { ...user, ...change }
    this.#directory.replace(changed)
    return changed
  }

  /** Carries out what was decided about a user's credentials; the user's new version, or the refusal. */
  changeCredentials(user: SandboxUser, decision: CredentialDecision): SandboxUser | OktaError {
    if (user.transition !== null) return oktaError('E0000112')
    return decision.kind === 'refused' ? decision.error : this.change(user, decision.change)
  }

  /** Gives a user any status, such as LOCKED_OUT, which no call of the API gives. Ends a change that is under way. */
  place(user: SandboxUser, status: UserStatus): SandboxUser {
    return this.change(user, { ...changeStatus(status, this.clock.instant().iso), transition: null })
  }

  /** Removes a user for good. */
  remove(user: SandboxUser): void {
    this.#dropRoles(user)
    this.groups.forget(user.id)
    this.#directory.remove(user)
  }

  /** All that a restart needs. */
  state(): OrgState {
    return { ...this.smallState(), users: [...this.users()], calls: this.calls }
  }

  /** The state without the users and calls, which may be more than one string can hold. */
  smallState(): Omit<OrgState, 'users' | 'calls'> {
    const groups = this.groups.saved()
    const roleAssignments = this.roles.saved()
    const attributes = this.schema.added()
    return {
      version: 1,
      tokens: this.tokens,
      ...(groups.length === 0 ? {} : { groups }),
      ...(roleAssignments.length === 0 ? {} : { roleAssignments }),
      ...(attributes.length === 0 ? {} : { attributes }),
    }
  }

  /** How many users have each status now. */
  countByStatus(): Partial<Record<UserStatus, number>> {
    const counts: Partial<Record<UserStatus, number>> = {}
    const { table } = this.directory()
    for (const status of userStatuses) counts[status] = 0
    for (const row of this.#directory.rows()) {
      const status = table.status(row)
      counts[status] = (counts[status] ?? 0) + 1
    }
    return counts
  }

  #dropRoles(user: SandboxUser): void {
    for (const type of user.roles) this.roles.remove(user.id, type)
  }

  #transition(
    action: Action,
    to: SandboxUser['status'] | undefined,
    respondAsync: boolean,
  ): Transition | null {
    if (to === undefined || (action !== 'activate' && action !== 'deactivate')) return null
    const milliseconds = action === 'activate' || respondAsync ? this.#times[action] : 0
    return milliseconds > 0 ? { action, to, endsAt: this.clock.milliseconds() + milliseconds } : null
  }

  // Transitions end when the user is next read: no timer per user, and a restored org goes on where it was.
  #settle(user: SandboxUser): SandboxUser {
    if (user.transition === null || user.transition.endsAt > this.clock.milliseconds()) return user
    const { action, endsAt } = user.transition
    const steady = { ...user, transition: null }
    const decision = decide(steady, action, instantOf(endsAt).iso)
    const settled = decision.kind === 'allowed' ? { ...steady, ...decision.change } : steady
    this.#directory.replace(settled)
    if (action === 'deactivate') this.#dropRoles(user)
    return settled
  }
}
