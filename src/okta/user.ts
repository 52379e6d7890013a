import { type Action, parseAction } from './actions.ts'
import type { Answered } from './answer.ts'
import { isUserStatus, type UserStatus } from './status.ts'

/** The fields of an Okta user that the program uses. */
export interface OktaUser {
  readonly id: string
  readonly login: string
  readonly status: UserStatus
  /** Time of the last change of status, in Okta's own form; null if it never changed. */
  readonly statusChanged: string | null
  /** The status that an asynchronous change leads to; null unless one is under way. */
  readonly transitioningToStatus: string | null
  /** The actions that Okta offers for this user now, by the user's own links. Okta may allow others too. */
  readonly offered: readonly Action[]
  /** The directory that the user comes from. Its next import may undo what is done in Okta. Null if there is none. */
  readonly directory: UserDirectory | null
}

/**
 * The values of `credentials.provider.type` that stand for a directory.
 * Source: Okta management OpenAPI specification, `AuthenticationProviderType`.
 */
const userDirectories = ['ACTIVE_DIRECTORY', 'LDAP'] as const

type UserDirectory = (typeof userDirectories)[number]

/** Parses the user in an answer to `GET /users/{id}`; null if it has no user that can be understood. */
export function parseUser(answer: Answered): OktaUser | null {
  if (answer.httpStatus !== 200 || answer.body.kind !== 'json') return null
  const value = answer.body.value as Readonly<Record<string, unknown>>
  const profile = value.profile as { login?: unknown } | null | undefined
  if (typeof value.id !== 'string' || value.id === '') return null
  if (typeof value.status !== 'string' || !isUserStatus(value.status)) return null
  return {
    id: value.id,
    login: typeof profile?.login === 'string' ? profile.login : '',
    status: value.status,
    statusChanged: typeof value.statusChanged === 'string' ? value.statusChanged : null,
    transitioningToStatus:
      typeof value.transitioningToStatus === 'string' && value.transitioningToStatus !== ''
        ? value.transitioningToStatus
        : null,
    offered: parseOffered(value._links),
    directory: parseDirectory(value.credentials),
  }
}

function parseDirectory(credentials: unknown): UserDirectory | null {
  const { provider } = (credentials ?? {}) as { provider?: { type?: unknown } | null }
  return userDirectories.find((name) => name === provider?.type) ?? null
}

/**
 * The actions among a user's links, such as `resetFactors`.
 * Source: Okta's Users API reference, on the links of a user: they say which operations its status allows.
 */
function parseOffered(links: unknown): readonly Action[] {
  if (typeof links !== 'object' || links === null) return []
  return Object.entries(links).flatMap(([name, link]) => {
    const action = typeof link === 'object' && link !== null ? parseAction(name) : null
    return action === null ? [] : [action]
  })
}

/**
 * The creation times of the factors in an answer to `GET /users/{id}/factors`, in epoch milliseconds; NaN for a factor
 * without one. Null if the answer is not a list of factors.
 */
export function parseFactorTimes(answer: Answered): readonly number[] | null {
  if (answer.httpStatus !== 200 || answer.body.kind !== 'json' || !Array.isArray(answer.body.value))
    return null
  return answer.body.value.map((factor: unknown) => {
    const created = (factor as { created?: unknown } | null)?.created
    return typeof created === 'string' ? Date.parse(created) : Number.NaN
  })
}

const ascii = /^[\x20-\x7e]*$/

/**
 * Folds a login as Okta does to compare it: letter case and diacritics do not count.
 * Source: Okta's Users API reference, on the uniqueness of logins.
 */
export function foldLogin(login: string): string {
  if (ascii.test(login)) return login.toLowerCase()
  // A capital sigma becomes one of two small letters, depending on its place. Both are the same letter.
  return login.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ')
}

/**
 * Every key by which Okta finds the user, in the form of {@link normalizeUserKey}: the id, the login and the login's
 * short name.
 */
export function keysOf(user: { readonly id: string; readonly login: string }): readonly string[] {
  const login = foldLogin(user.login)
  const at = login.indexOf('@')
  const keys = [user.id]
  // A key without the usual form of an id is folded like a login, so the folded id belongs here too.
  if (!looksLikeUserId(user.id)) keys.push(foldLogin(user.id))
  if (login !== '') keys.push(login)
  if (at > 0) keys.push(login.slice(0, at))
  return keys
}

/** Whether a text has the form of a user id: `00u` and 17 more letters and digits. */
export function looksLikeUserId(key: string): boolean {
  return /^00u[A-Za-z0-9]{17}$/.test(key)
}

/** A user key in a form that makes two spellings of the same key equal: ids unchanged, logins folded. */
export function normalizeUserKey(key: string): string {
  return looksLikeUserId(key) ? key : foldLogin(key)
}
