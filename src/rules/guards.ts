import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import type { Action } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import { foldLogin, keysOf, normalizeUserKey, type OktaUser } from '../okta/user.ts'
import type { SkipReason } from './result.ts'

/** The owner of the API token; null for a service app, which has none. */
export type TokenOwner = { readonly id: string; readonly login: string } | null

/** The reason why a guard keeps a task from being sent. */
export interface GuardVerdict {
  readonly reason: SkipReason
  readonly message: string
}

/** Whom a job protects. */
export interface ProtectedUsers {
  /** Ids that Okta has shown, each with the entry that names it. */
  readonly ids: ReadonlyMap<string, string>
  /** All entries: ids, logins, short names, or patterns of logins in which `*` stands for any characters. */
  readonly entries: readonly string[]
  /** Ids of the members of protected groups, each with its group as a message names it; absent: none. */
  readonly members?: ReadonlyMap<string, string>
  /** Absent: nobody is protected because of an admin role. */
  readonly admins?: ProtectedAdmins
}

/** Who is protected because of an admin role, and from what. */
export interface ProtectedAdmins {
  readonly from: Exclude<AdminProtection, 'nothing'>
  readonly ids: ReadonlySet<string>
}

/**
 * What users with an admin role are protected from. By default, these are the actions that lock a user out: unless the
 * job says so, nobody wants to lock out an administrator.
 */
export type AdminProtection = 'nothing' | 'lockouts' | 'every_action'

const lockouts: ReadonlySet<Action> = new Set<Action>(['deactivate', 'suspend'])

/**
 * What a job protects administrators from.
 *
 * @param protectAdmins the job's setting; null if it has none
 * @param actions the actions that the run may send; null if they are not known
 */
export function adminProtection(
  protectAdmins: boolean | null,
  actions: readonly Action[] | null,
): AdminProtection {
  if (protectAdmins !== null) return protectAdmins ? 'every_action' : 'nothing'
  return actions === null || actions.some((action) => lockouts.has(action)) ? 'lockouts' : 'nothing'
}

/** No entries: nobody is protected by name. */
export const nobodyProtected: ProtectedUsers = { ids: new Map(), entries: [] }

/** The guards that judge single users. */
export interface UserGuards {
  readonly protect: ProtectedUsers
  readonly onlyStatus: readonly UserStatus[] | null
  readonly owner: TokenOwner
}

/**
 * Judges the input as a whole, before the first lifecycle call. Null if the run may begin.
 *
 * @param users distinct keys as written
 */
export function guardUserCount(users: number, most: number | null): StopReason | null {
  if (most === null || users <= most) return null
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The input names ${users} users, but max_users allows only ${most}.`,
    advice: { kind: 'flags', flags: `--max-users ${users}` },
  }
}

/** A `max_percent` of 100 allows any input. */
const anyPercent = 100

/** Whether `max_percent` limits anything. */
export function limitsPercent(most: number | null): most is number {
  return most !== null && most < anyPercent
}

/**
 * Judges the input against the org's active users.
 *
 * @param users distinct keys as written
 * @param most what `max_percent` allows, above 0 and below 100
 * @param active the active users that were seen so far
 * @param all whether these are all
 * @returns null if the run may begin, `look_on` if it depends on how many more active users there are
 */
export function guardUserPercent(
  users: number,
  most: number,
  active: number,
  all: boolean,
): StopReason | null | 'look_on' {
  if (users * 100 <= active * most) return null
  if (!all) return 'look_on'
  const percent = active === 0 ? anyPercent : Math.min(anyPercent, Math.ceil((users * 1000) / active) / 10)
  const ofAll =
    active === 0
      ? 'but Okta shows no active user in the org'
      : `which is ${percent === anyPercent ? '100% or more' : `${percent}%`} of the org's ${active} active users`
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The input names ${users} users, ${ofAll}. max_percent allows only ${most}%.`,
    advice: { kind: 'flags', flags: `--max-percent ${percent}` },
  }
}

/** What the guards look at. */
type GuardedUser = Pick<OktaUser, 'id' | 'login' | 'status'>

/**
 * Judges a user that was read. Null if no guard objects.
 *
 * @param ledTo statuses that the row's own earlier steps have led to: only_status allows them
 * @param action null if it is not known: then guards that protect only from some actions hold too
 */
export function guardUser(
  user: GuardedUser,
  guards: UserGuards,
  ledTo: readonly UserStatus[] = [],
  action: Action | null = null,
): GuardVerdict | null {
  if (guards.owner !== null && user.id === guards.owner.id) return ownerIsProtected
  const { ids, entries } = guards.protect
  const entry = ids.get(user.id) ?? entries.find((pattern) => isProtectedBy(user, pattern))
  if (entry !== undefined) return protectedBy(entry)
  const byId = guardId(user.id, guards.protect, action)
  if (byId !== null) return byId
  const { onlyStatus } = guards
  if (onlyStatus !== null && !onlyStatus.includes(user.status) && !ledTo.includes(user.status)) {
    return {
      reason: 'only_status',
      message: `user is ${user.status}; the job acts only on ${onlyStatus.join(', ')}`,
    }
  }
  return null
}

/** Judges a key without reading the user: it recognises the token's owner by id, login and short name. */
export function guardKey(key: string, owner: TokenOwner): GuardVerdict | null {
  if (owner === null || !keysOf(owner).includes(normalizeUserKey(key))) return null
  return ownerIsProtected
}

/**
 * Judges a user by the id alone: by the entries whose ids Okta has shown, the members of groups and the administrators.
 *
 * @param action null if it is not known
 */
export function guardId(id: string, protect: ProtectedUsers, action: Action | null): GuardVerdict | null {
  const entry = protect.ids.get(id)
  if (entry !== undefined) return protectedBy(entry)
  const group = protect.members?.get(id)
  if (group !== undefined)
    return { reason: 'protected', message: `protected as a member of the group ${group} (protect_groups)` }
  const { admins } = protect
  if (admins === undefined || !admins.ids.has(id)) return null
  const isMeant = admins.from === 'every_action' || action === null || lockouts.has(action)
  return isMeant ? adminIsProtected('an admin role') : null
}

/** @param role what the user has, such as `an admin role` */
export function adminIsProtected(role: string): GuardVerdict {
  return { reason: 'protected', message: `protected because this user has ${role} (protect_admins)` }
}

function protectedBy(entry: string): GuardVerdict {
  return { reason: 'protected', message: `protected by the job (${entry})` }
}

const ownerIsProtected: GuardVerdict = {
  reason: 'token_owner',
  message: 'this user owns the API token; acting on the owner could end the token and the run',
}

function isProtectedBy(user: GuardedUser, entry: string): boolean {
  const pattern = entry.trim()
  if (!pattern.includes('*')) return keysOf(user).includes(normalizeUserKey(pattern))
  const parts = foldLogin(pattern).split('*')
  return matchesParts(foldLogin(user.login), parts)
}

/**
 * Whether the text consists of the parts in order with anything between them. Takes linear time, without a regular
 * expression.
 */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false
  let from = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from)
    if (at === -1 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}
