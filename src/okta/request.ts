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

function get(path: string, bucket: Bucket): OktaRequest {
  return { method: 'GET', path, bucket, headers: {} }
}

/**
 * `GET /api/v1/users/{id}/roles`: the admin roles of a user, including those held through groups. Counts as a lifecycle
 * call.
 */
export function listRolesRequest(userId: string): OktaRequest {
  return get(`/api/v1/users/${encodeURIComponent(userId)}/roles`, '/api/v1/users')
}

/** Whether a request asks for the admin roles of one user. */
export function asksForRoles({ method, path }: OktaRequest): boolean {
  return method === 'GET' && /^\/api\/v1\/users\/[^/]+\/roles$/.test(path)
}

/** `GET /api/v1/iam/assignees/users`: everyone to whom a role is assigned directly, up to 100 a page. */
export function listAssigneesRequest(): OktaRequest {
  return get('/api/v1/iam/assignees/users?limit=100', '/api/v1')
}

/** `GET /api/v1/groups/{id}`. */
export function readGroupRequest(groupId: string): OktaRequest {
  return get(`/api/v1/groups/${encodeURIComponent(groupId)}`, '/api/v1/groups/{id}')
}

/** `GET /api/v1/groups/{id}/users`: the members of a group, up to 200 a page. */
export function listMembersRequest(groupId: string): OktaRequest {
  return get(`/api/v1/groups/${encodeURIComponent(groupId)}/users?limit=200`, '/api/v1/groups/{id}')
}

/** `GET /api/v1/users` for all ACTIVE users, up to 200 a page. Counts as a lifecycle call. */
export function listActiveUsersRequest(): OktaRequest {
  return get(`/api/v1/users?filter=${encodeURIComponent('status eq "ACTIVE"')}&limit=200`, '/api/v1/users')
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
