import { KnownError, Refusal } from '../../messages/known-error.ts'
import { oktaIdFor } from '../users/okta-id.ts'
import type { OrgClock } from './clock.ts'

/** A group of the org. */
export interface Group {
  /** `00g` and 17 of [A-Za-z0-9]. */
  readonly id: string
  /** `BUILT_IN` is Everyone alone: all users belong to it, and nobody can change it. */
  readonly type: 'OKTA_GROUP' | 'BUILT_IN'
  readonly name: string
  readonly description: string | null
  /** RFC 3339 UTC, like all times here. */
  readonly created: string
  readonly lastUpdated: string
  readonly lastMembershipUpdated: string
  /** Types of the admin roles that its members hold through it, such as `HELP_DESK_ADMIN`. */
  readonly roles: readonly string[]
}

/** A group with the ids of its members, as a saved org has it. */
export interface SavedGroup extends Group {
  readonly members: readonly string[]
}

const longAgo = '2024-01-15T09:00:00.000Z'

const everyone: Group = {
  id: oktaIdFor('00g', 'Everyone'),
  type: 'BUILT_IN',
  name: 'Everyone',
  description: 'All users of the org',
  created: longAgo,
  lastUpdated: longAgo,
  lastMembershipUpdated: longAgo,
  roles: [],
}

interface Entry {
  readonly group: Group
  readonly members: Set<string>
  /** New members, and the millisecond from which a list of the group includes them. */
  readonly unlisted: Map<string, number>
}

/** The org's groups and who belongs to them. Members are ids of users. */
export class Groups {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: OrgClock
  readonly #listedAfter: number

  /**
   * `listedAfter` is how many milliseconds a new member takes to appear in a list of the group. Throws a
   * {@link KnownError} if two groups have the same id or name.
   */
  constructor(saved: Iterable<SavedGroup>, clock: OrgClock, listedAfter: number) {
    this.#clock = clock
    this.#listedAfter = listedAfter
    this.put(everyone)
    for (const { members, ...group } of saved) {
      if (this.#entries.has(group.id) || this.isTaken(group.name)) {
        throw new Refusal(
          `Two groups of the org have the id ${group.id} or the name ${group.name}.`,
          'Give each group an id and a name of its own. The group Everyone exists without being listed.',
        )
      }
      this.#entries.set(group.id, { group, members: new Set(members), unlisted: new Map() })
    }
  }

  /** All groups, in the order in which they were added; Everyone first. */
  *all(): Generator<Group> {
    for (const { group } of this.#entries.values()) yield group
  }

  find(id: string): Group | null {
    return this.#entries.get(id)?.group ?? null
  }

  /** Whether a group has this name; `except` is the id of one that does not count. */
  isTaken(name: string, except?: string): boolean {
    for (const group of this.all()) if (group.name === name && group.id !== except) return true
    return false
  }

  /** Whether a user belongs to a group. */
  has(group: Group, user: string): boolean {
    return group.type === 'BUILT_IN' || this.#entries.get(group.id)?.members.has(user) === true
  }

  /** Whether a list of the group has the user: a new member is missing from it for a while, as at Okta. */
  lists(group: Group, user: string): boolean {
    if (!this.has(group, user)) return false
    const unlisted = this.#entries.get(group.id)?.unlisted
    const listedFrom = unlisted?.get(user)
    if (listedFrom === undefined) return true
    if (this.#clock.milliseconds() < listedFrom) return false
    unlisted?.delete(user)
    return true
  }

  /** The groups of a user. */
  of(user: string): Group[] {
    return [...this.all()].filter((group) => this.has(group, user))
  }

  /** Adds a new group, or replaces one with its new version. */
  put(group: Group): void {
    const { members = new Set<string>(), unlisted = new Map<string, number>() } =
      this.#entries.get(group.id) ?? {}
    this.#entries.set(group.id, { group, members, unlisted })
  }

  remove(group: Group): void {
    this.#entries.delete(group.id)
  }

  /** Makes a user a member, or ends the membership. */
  change(group: Group, user: string, belongs: boolean): void {
    const entry = this.#entries.get(group.id)
    if (entry === undefined || entry.members.has(user) === belongs) return
    if (belongs) entry.members.add(user)
    else entry.members.delete(user)
    if (belongs && this.#listedAfter > 0) {
      entry.unlisted.set(user, this.#clock.milliseconds() + this.#listedAfter)
    } else entry.unlisted.delete(user)
    this.put({ ...entry.group, lastMembershipUpdated: this.#clock.instant().iso })
  }

  /** Removes a deleted user from all groups. */
  forget(user: string): void {
    for (const group of [...this.all()]) this.change(group, user, false)
  }

  /** The groups as a saved org has them: all but Everyone. */
  saved(): SavedGroup[] {
    return [...this.#entries.values()]
      .filter(({ group }) => group.type !== 'BUILT_IN')
      .map(({ group, members }) => ({ ...group, members: [...members] }))
  }
}
