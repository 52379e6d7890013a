import type { Action } from '../okta/actions.ts'
import { listActiveUsersRequest, listAssigneesRequest } from '../okta/request.ts'
import {
  adminProtection,
  guardUserCount,
  guardUserPercent,
  limitsPercent,
  type ProtectedAdmins,
  type ProtectedUsers,
  type TokenOwner,
} from '../rules/guards.ts'
import { adminsUnchecked, percentUnchecked } from '../rules/unchecked-guards.ts'
import { stopForUnusual } from '../rules/unusual.ts'
import { listMembers } from './group-members.ts'
import type { LookupParts } from './paced-get.ts'
import { lookUpProtected } from './protected-users.ts'
import { readIds, readList } from './read-list.ts'
import { RoleChecks } from './role-checks.ts'

/** The guards of a job that look at the input as a whole or at the org, named as in the job. */
interface OrgGuards {
  readonly max_users: number | null
  /** Percentage of the org's active users, above 0 and up to 100. */
  readonly max_percent: number | null
  /** Ids, logins, short names and patterns. */
  readonly protect: readonly string[]
  /** Ids of groups. */
  readonly protect_groups: readonly string[]
  /** Null: the job says nothing. */
  readonly protect_admins: boolean | null
}

/** What the guards have to judge. */
export interface GuardedWork {
  readonly guards: OrgGuards
  /** Distinct keys of the input as written. */
  readonly users: number
  /** What is unusual about the input and was not accepted; null if nothing is. */
  readonly unusual: string | null
  /** The actions that may be sent; null if they are not known. */
  readonly actions: readonly Action[] | null
  readonly owner: TokenOwner
}

/** What the guards know before the first call. */
export interface CheckedGuards {
  readonly protect: ProtectedUsers
  /** Looks up each user's admin roles before the first call; null if the job does not ask for that. */
  readonly roles: RoleChecks | null
}

/**
 * Checks, before the first call, all guards that look at the org: whom they protect, and whether the input is too large
 * for the org. A guard that can't be checked stops the run.
 *
 * @throws RunStopped when a guard stops the run or can't be checked; the message says what to type to go on
 */
export async function checkGuards(parts: LookupParts, work: GuardedWork): Promise<CheckedGuards> {
  const { guards, users, actions, owner } = work
  const tooMany = guardUserCount(users, guards.max_users)
  if (tooMany !== null) throw parts.stop.because(tooMany)
  if (work.unusual !== null) throw parts.stop.because(stopForUnusual(work.unusual))
  const listed = await listMembers(parts, guards.protect_groups)
  const named = await lookUpProtected(parts, guards.protect)
  const admins = await listAdmins(parts, guards.protect_admins, actions)
  const roles = await beginRoleChecks(parts, admins, owner)
  await checkPercent(parts, users, guards.max_percent)
  // This comes last, because a new member takes a while to be listed.
  const members = await listed.again()
  return { protect: { ...named, members, ...(admins === null ? {} : { admins }) }, roles }
}

/** All users with an admin role of their own; null if the job does not protect them from its actions. */
async function listAdmins(
  parts: LookupParts,
  protectAdmins: boolean | null,
  actions: readonly Action[] | null,
): Promise<ProtectedAdmins | null> {
  const from = adminProtection(protectAdmins, actions)
  if (from === 'nothing') return null
  const ids = new Set<string>()
  const failure = await readIds(parts, listAssigneesRequest(), (id) => ids.add(id))
  if (failure !== null) throw parts.stop.because(adminsUnchecked(failure))
  return { from, ids }
}

/** Counts active users until it is clear whether the input is small enough for the org. */
async function checkPercent(parts: LookupParts, users: number, most: number | null): Promise<void> {
  if (!limitsPercent(most)) return
  let active = 0
  if (guardUserPercent(users, most, active, false) === null) return
  const failure = await readList(parts, listActiveUsersRequest(), (entries) => {
    active += entries.filter(({ status }) => status === 'ACTIVE').length
    return guardUserPercent(users, most, active, false) === 'look_on'
  })
  if (failure !== null) throw parts.stop.because(percentUnchecked(failure))
  const verdict = guardUserPercent(users, most, active, true)
  if (verdict !== null && verdict !== 'look_on') throw parts.stop.because(verdict)
}

async function beginRoleChecks(
  parts: LookupParts,
  admins: ProtectedAdmins | null,
  owner: TokenOwner,
): Promise<RoleChecks | null> {
  if (admins?.from !== 'every_action') return null
  const [someone = owner?.id ?? null] = admins.ids
  return await RoleChecks.begin(parts, someone)
}
