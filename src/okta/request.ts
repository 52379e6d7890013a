import type { Action } from './actions.ts'
import { ruleOf } from './actions.ts'
import type { Bucket } from './bucket.ts'

/** One HTTP request to Okta, before authorization is added. */
export interface OktaRequest {
  readonly method: 'GET' | 'POST'
  /** Path with query, percent-encoded, from `/api`. */
  readonly path: string
  readonly bucket: Bucket
  readonly headers: Readonly<Record<string, string>>
}

/** The options of a lifecycle call. */
export interface LifecycleOptions {
  /** null leaves the parameter out, so that Okta's default applies. */
  readonly sendEmail: boolean | null
  readonly respondAsync: boolean
}

/**
 * `POST /api/v1/users/{id}/lifecycle/{action}`. Parameters that the action does not have are left out.
 * The key is encoded as one path segment; it must have passed the check of user keys.
 */
export function lifecycleRequest(userKey: string, action: Action, options: LifecycleOptions): OktaRequest {
  const rule = ruleOf(action)
  const query =
    rule.sendEmailDefault !== null && options.sendEmail !== null ? `?sendEmail=${options.sendEmail}` : ''
  return {
    method: 'POST',
    path: `/api/v1/users/${encodeURIComponent(userKey)}/lifecycle/${action}${query}`,
    bucket: '/api/v1/users',
    headers: rule.respondsAsync && options.respondAsync ? { prefer: 'respond-async' } : {},
  }
}

/** `GET /api/v1/users/{idOrLogin}`. */
export function readUserRequest(userKey: string): OktaRequest {
  return {
    method: 'GET',
    path: `/api/v1/users/${encodeURIComponent(userKey)}`,
    bucket: '/api/v1/users/{id}',
    headers: {},
  }
}

/** `GET /api/v1/users/me`: the owner of the token. */
export function readOwnerRequest(): OktaRequest {
  return { method: 'GET', path: '/api/v1/users/me', bucket: '/api/v1/users/me', headers: {} }
}

/**
 * `GET /api/v1/users?limit=1`: the cheapest call that counts in the bucket of the lifecycle calls, and so shows its limit.
 * Source: the recorded trace that {@link Bucket} names.
 */
export function lifecycleLimitRequest(): OktaRequest {
  return { method: 'GET', path: '/api/v1/users?limit=1', bucket: '/api/v1/users', headers: {} }
}

/** `GET /api/v1/users/{id}/factors`: the factors that the user has enrolled. Counts as a lifecycle call. */
export function listFactorsRequest(userId: string): OktaRequest {
  return {
    method: 'GET',
    path: `/api/v1/users/${encodeURIComponent(userId)}/factors`,
    bucket: '/api/v1/users',
    headers: {},
  }
}

/** A refused request, and how often it was sent again. */
export interface RetryOf {
  readonly requestId: string | null
  readonly count: number
}

/**
 * The same request again, marked as a repetition in the way that Okta asks for. Source: Okta's SDKs send
 * `X-Okta-Retry-For` with the refused request's id, and `X-Okta-Retry-Count`.
 */
export function asRetry(request: OktaRequest, { requestId, count }: RetryOf): OktaRequest {
  if (requestId === null || count === 0) return request
  const headers = { ...request.headers, 'x-okta-retry-for': requestId, 'x-okta-retry-count': String(count) }
  return { ...request, headers }
}
