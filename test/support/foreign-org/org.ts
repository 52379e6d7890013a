import { randomBytes } from 'node:crypto'
import type { Administration, ForeignGroup } from './admin.ts'
import { type Answer, errorAnswer, jsonAnswer, stillBeingActivated, userNotFound } from './answer.ts'
import type { ForeignStatus, ForeignUser } from './user.ts'

/** The seven actions, as the last part of their path. */
export const foreignActions = [
  'activate',
  'deactivate',
  'reactivate',
  'reset_factors',
  'suspend',
  'unlock',
  'unsuspend',
] as const

export type ForeignAction = (typeof foreignActions)[number]

/** The org's users and what was really done to them. */
export interface Org extends Administration {
  readonly users: ReadonlyMap<string, ForeignUser>
  /** `USER_ID ACTION` → how many times it was really applied. Nothing else counts: a refusal is not in it. */
  readonly applied: Record<string, number>
  /** `USER_ID ACTION` of everything in `applied`, in the order in which it was applied. */
  readonly appliedInOrder: string[]
  /** Folded login or short name → ids. A short name of several users finds none of them. */
  readonly names: Map<string, readonly string[]>
  /** How long an activation goes on after its answer, in milliseconds. Okta's is asynchronous. */
  readonly activationMilliseconds: number
  /** The same for a deactivate that asks for `respond-async`. */
  readonly deactivationMilliseconds: number
}

/** What a lifecycle call asks for besides the action. null: Okta's own default. */
export interface ActionOptions {
  readonly sendEmail: boolean | null
  readonly respondAsync: boolean
}

/** Who has which role and group, and the times that accepted status changes take. */
export interface OrgOptions extends Partial<Pick<Administration, 'roles' | 'groups'>> {
  readonly activationMilliseconds?: number
  readonly deactivationMilliseconds?: number
}

/** Sets up an org. Throws an Error where two users share an id or a login, which Okta rules out. */
export function createOrg(users: readonly ForeignUser[], options: OrgOptions = {}): Org {
  const byId = new Map<string, ForeignUser>()
  const logins = new Map<string, string[]>()
  const shortNames = new Map<string, string[]>()
  for (const given of users) {
    // A copy, so that the same users can be given to several orgs.
    const user = structuredClone(given)
    const login = foldLogin(user.login)
    if (byId.has(user.id) || logins.has(login)) throw new Error(`Two users are ${user.id} or ${user.login}`)
    byId.set(user.id, user)
    logins.set(login, [user.id])
    const shortName = shortNameOf(login)
    const sharers = shortNames.get(shortName)
    if (sharers === undefined) shortNames.set(shortName, [user.id])
    else sharers.push(user.id)
  }
  return {
    users: byId,
    applied: {},
    appliedInOrder: [],
    // A whole login wins over somebody else's short name.
    names: new Map([...shortNames, ...logins]),
    roles: options.roles ?? {},
    groups: structuredClone(options.groups ?? []) as ForeignGroup[],
    listedFrom: new Map(),
    activationMilliseconds: options.activationMilliseconds ?? 0,
    deactivationMilliseconds: options.deactivationMilliseconds ?? 0,
  }
}

/** Logins are unique without regard to letter case and diacritics. */
export function foldLogin(login: string): string {
  return login.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}

/** Gives a user another login, as an administrator would. The old one finds nobody any more. */
export function giveLogin(org: Org, id: string, login: string): void {
  const user = org.users.get(id)
  if (user === undefined || org.names.has(foldLogin(login))) throw new Error(`${id} can't become ${login}`)
  org.names.delete(foldLogin(user.login))
  const before = shortNameOf(user.login)
  const others = (org.names.get(before) ?? []).filter((other) => other !== id)
  if (others.length > 0) org.names.set(before, others)
  else org.names.delete(before)
  user.login = login
  org.names.set(foldLogin(login), [id])
  const after = shortNameOf(login)
  org.names.set(after, [...(org.names.get(after) ?? []), id])
}

function shortNameOf(login: string): string {
  return foldLogin(login).replace(/@.*$/s, '')
}

/** Finds a user by id (letter case matters), login, or short name. Finishes a transition whose time has come. */
export function findUser(org: Org, key: string, now: number): ForeignUser | null {
  const ids = org.names.get(foldLogin(key)) ?? []
  const [only] = ids.length === 1 ? ids : []
  const user = org.users.get(key) ?? (only === undefined ? undefined : org.users.get(only))
  if (user === undefined) return null
  settle(user, now)
  return user
}

/** Finishes the user's transition if it is over by `now`, in milliseconds by the org's clock. */
export function settle(user: ForeignUser, now: number): void {
  if (user.transition === null || now < user.transition.doneAt) return
  const { to, doneAt } = user.transition
  user.transition = null
  changeStatus(user, to, doneAt)
}

/** Does one lifecycle action and answers as Okta would. A refusal changes nothing. */
export function applyAction(
  org: Org,
  user: ForeignUser,
  action: ForeignAction,
  options: ActionOptions,
  now: number,
): Answer {
  if (user.transition !== null && user.transition.to !== 'DEPROVISIONED') return stillBeingActivated()
  const refusal = refusalOf(user, action)
  if (refusal !== null) return refusal
  const key = `${user.id} ${action}`
  org.applied[key] = (org.applied[key] ?? 0) + 1
  org.appliedInOrder.push(key)
  switch (action) {
    case 'activate': {
      const to = user.status === 'STAGED' && user.hasPassword ? 'ACTIVE' : 'PROVISIONED'
      begin(user, to, now, org.activationMilliseconds)
      return options.sendEmail === false ? activationLink() : jsonAnswer(200, {})
    }
    case 'reactivate':
      return options.sendEmail === true ? jsonAnswer(200, {}) : activationLink()
    case 'deactivate':
      begin(user, 'DEPROVISIONED', now, options.respondAsync ? org.deactivationMilliseconds : 0)
      return options.respondAsync ? { status: 200, headers: {}, body: '' } : jsonAnswer(200, {})
    case 'suspend':
      user.suspendedFrom = user.status
      changeStatus(user, 'SUSPENDED', now)
      return jsonAnswer(200, {})
    case 'unsuspend':
      changeStatus(user, user.suspendedFrom ?? 'ACTIVE', now)
      user.suspendedFrom = null
      return jsonAnswer(200, {})
    case 'unlock':
      user.blockedFromUnknownDevices = false
      changeStatus(user, 'ACTIVE', now)
      return jsonAnswer(200, {})
    case 'reset_factors':
      user.factors = []
      return jsonAnswer(200, {})
  }
}

function refusalOf(user: ForeignUser, action: ForeignAction): Answer | null {
  const is = (...statuses: ForeignStatus[]): boolean => statuses.includes(user.status)
  switch (action) {
    case 'activate':
      return is('STAGED', 'DEPROVISIONED')
        ? null
        : errorAnswer(403, 'E0000016', 'Activation failed because the user is already active')
    case 'reactivate':
      return is('PROVISIONED', 'RECOVERY')
        ? null
        : errorAnswer(403, 'E0000038', "This operation is not allowed in the user's current status.")
    case 'deactivate':
      return is('DEPROVISIONED') ? userNotFound(user.id) : null
    case 'suspend':
      // Recorded traffic accepts it from PROVISIONED, and offers it for PASSWORD_EXPIRED users too.
      return is('ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED')
        ? null
        : errorAnswer(400, 'E0000001', 'Api validation failed: suspendUser', [
            'Cannot suspend a user that is not active',
          ])
    case 'unsuspend':
      return is('SUSPENDED')
        ? null
        : errorAnswer(400, 'E0000001', 'Api validation failed: unsuspendUser', [
            'Cannot unsuspend a user that is not suspended',
          ])
    case 'unlock':
      return is('LOCKED_OUT') || (is('ACTIVE') && user.blockedFromUnknownDevices)
        ? null
        : errorAnswer(403, 'E0000032', 'Unlock is not allowed for this user.', [
            'The user is not locked out.',
          ])
    case 'reset_factors':
      return null
  }
}

function begin(user: ForeignUser, to: ForeignStatus, now: number, milliseconds: number): void {
  user.transition = { to, doneAt: now + milliseconds }
  settle(user, now)
}

function changeStatus(user: ForeignUser, to: ForeignStatus, now: number): void {
  if (user.status === to) return
  user.status = to
  user.statusChanged = inWholeSeconds(now)
}

function inWholeSeconds(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString()
}

function activationLink(): Answer {
  const token = randomBytes(15).toString('base64url')
  return jsonAnswer(200, {
    activationUrl: `https://foreign-org.example.com/tokens/${token}/verify`,
    activationToken: token,
  })
}
