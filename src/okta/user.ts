import type { Answered } from './answer.ts'
import { isUserStatus, type UserStatus } from './status.ts'

/** What is used of a user that Okta shows. */
export interface OktaUser {
  readonly id: string
  readonly login: string
  readonly status: UserStatus
  /** Time of the last change of status, as Okta writes it; null where it never changed. */
  readonly statusChanged: string | null
  /** Set only while an asynchronous change is under way. */
  readonly transitioningToStatus: string | null
}

/** The user in an answer to `GET /users/{id}`, or null where the answer holds none that can be understood. */
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
  }
}

/**
 * The times at which the factors in an answer to `GET /users/{id}/factors` were created, in epoch milliseconds;
 * NaN for a factor without one. Null where the answer is no list of factors.
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
 * Folds a login as Okta compares logins: without regard to letter case and diacritics.
 * Source: Okta's Users API reference, on the uniqueness of logins.
 */
export function foldLogin(login: string): string {
  if (ascii.test(login)) return login.toLowerCase()
  // A capital sigma becomes one of two small letters, by where it stands: both are the same letter.
  return login.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ')
}

/**
 * Every key by which Okta finds the user, as {@link normalizeUserKey} writes keys: the id, the login, and the login's
 * short name.
 */
export function keysOf(user: { readonly id: string; readonly login: string }): readonly string[] {
  const login = foldLogin(user.login)
  const at = login.indexOf('@')
  const keys = [user.id]
  // A key that has not the usual form of an id is folded like a login, so that form of the id belongs here too.
  if (!looksLikeUserId(user.id)) keys.push(foldLogin(user.id))
  if (login !== '') keys.push(login)
  if (at > 0) keys.push(login.slice(0, at))
  return keys
}

/** Whether a text has the form of a user id: `00u` and 17 more letters and digits. */
export function looksLikeUserId(key: string): boolean {
  return /^00u[A-Za-z0-9]{17}$/.test(key)
}

/** A user key in the form in which two spellings of the same key are equal: ids as they are, logins folded. */
export function normalizeUserKey(key: string): string {
  return looksLikeUserId(key) ? key : foldLogin(key)
}
