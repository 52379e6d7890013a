import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
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

/** What the guards look at. */
type GuardedUser = Pick<OktaUser, 'id' | 'login' | 'status'>

/**
 * Judges a user that was read. Null if no guard objects.
 *
 * @param ledTo statuses that the row's own earlier steps have led to: only_status allows them
 */
export function guardUser(
  user: GuardedUser,
  guards: UserGuards,
  ledTo: readonly UserStatus[] = [],
): GuardVerdict | null {
  if (guards.owner !== null && user.id === guards.owner.id) return ownerIsProtected
  const { ids, entries } = guards.protect
  const entry = ids.get(user.id) ?? entries.find((pattern) => isProtectedBy(user, pattern))
  if (entry !== undefined) return { reason: 'protected', message: `protected by the job (${entry})` }
  const { onlyStatus } = guards
  if (onlyStatus !== null && !onlyStatus.includes(user.status) && !ledTo.includes(user.status)) {
    return {
      reason: 'only_status',
      message: `user is ${user.status}; the job acts only on ${onlyStatus.join(', ')}`,
    }
  }
  return null
}

/** Judges a key without reading the user: it knows the token's owner by id, login and short name. */
export function guardKey(key: string, owner: TokenOwner): GuardVerdict | null {
  if (owner === null || !keysOf(owner).includes(normalizeUserKey(key))) return null
  return ownerIsProtected
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
