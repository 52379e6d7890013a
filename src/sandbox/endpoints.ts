import { createHash, randomBytes } from 'node:crypto'
import { type Action, actionNames } from '../okta/actions.ts'
import { oktaError, userNotFound } from './okta-error.ts'
import type { Org } from './org.ts'
import type { OrgToken } from './org-state.ts'
import type { Bucket } from './rate-limits.ts'
import { emptyObject, errorReply, jsonReply, noContent, type Reply } from './reply.ts'
import type { SandboxUser } from './user.ts'
import { factorJson, userJson } from './user-json.ts'

/** A call of the API that has passed authentication and rate limits. */
export interface ApiCall {
  readonly org: Org
  /** The org's own URL, without a slash at its end. */
  readonly baseUrl: string
  readonly token: OrgToken
  /** The user key of the path, decoded. */
  readonly user: string
  readonly requestId: string
  /** The value of the `Prefer` header; empty where there is none. */
  readonly prefer: string
  /** A parameter of the query, undefined where there is none. */
  query(name: string): string | undefined
}

/** One endpoint of Okta's API: its place, the counter that it counts in, and what it does. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** As the router wants it; `:user` stands for the user key. */
  readonly path: string
  readonly bucket: Bucket
  /** Null for all but the lifecycle calls. */
  readonly action: Action | null
  answer(call: ApiCall): Reply
}

/** The parameters of mail: Okta's own defaults of `sendEmail`. Actions that are not here send no mail. */
const sendEmailDefaults: Readonly<Partial<Record<Action, boolean>>> = {
  activate: true,
  reactivate: false,
  deactivate: false,
}

function findUser(call: ApiCall): SandboxUser | null {
  if (call.user !== 'me') return call.org.find(call.user)
  return call.token.owner === null ? null : call.org.find(call.token.owner)
}

function withUser(call: ApiCall, answer: (user: SandboxUser) => Reply): Reply {
  const user = findUser(call)
  return user === null ? errorReply(userNotFound(call.user)) : answer(user)
}

function showUser(call: ApiCall): Reply {
  return withUser(call, (user) => {
    const reply = jsonReply(userJson(user, call.baseUrl))
    const etag = createHash('sha256').update(reply.body).digest('hex')
    return { ...reply, headers: ['etag', `W/"${etag}"`] }
  })
}

function showFactors(call: ApiCall): Reply {
  return withUser(call, (user) =>
    jsonReply(user.factors.map((factor) => factorJson(factor, user, call.baseUrl))),
  )
}

/** Okta's delete has two steps: the first deactivates, the one on a DEPROVISIONED user removes for good. */
function deleteUser(call: ApiCall): Reply {
  return withUser(call, (user) => {
    if (user.status === 'DEPROVISIONED') {
      call.org.remove(user)
      return noContent
    }
    const sendEmail = call.query('sendEmail') === 'true'
    const details = { respondAsync: asksForAsync(call.prefer), sendEmail, requestId: call.requestId }
    const error = call.org.act(user, 'deactivate', details)
    return error === null ? noContent : errorReply(error)
  })
}

function asksForAsync(prefer: string): boolean {
  return prefer !== '' && /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(prefer)
}

function sendEmailOf(action: Action, given: string | undefined): boolean | null {
  const standard = sendEmailDefaults[action]
  if (standard === undefined) return null
  if (given === undefined) return standard
  return given.toLowerCase() === 'true' || (given.toLowerCase() !== 'false' && standard)
}

/**
 * The body of a call that was carried out. A link is shown where no mail brings it; reactivate without the
 * parameter answers the token alone.
 * Source: recorded answers.
 */
function lifecycleReply(action: Action, sendEmail: boolean | null, named: boolean, baseUrl: string): Reply {
  if (sendEmail !== false || action === 'deactivate') return emptyObject
  const activationToken = randomBytes(15).toString('base64url')
  if (action === 'reactivate' && !named) return jsonReply({ activationToken })
  return jsonReply({ activationUrl: `${baseUrl}/tokens/${activationToken}/verify`, activationToken })
}

function lifecycle(action: Action): Endpoint {
  return {
    method: 'POST',
    path: `/api/v1/users/:user/lifecycle/${action}`,
    bucket: '/api/v1/users',
    action,
    answer: (call) =>
      withUser(call, (user) => {
        const given = call.query('sendEmail')
        const sendEmail = sendEmailOf(action, given)
        const respondAsync = asksForAsync(call.prefer)
        const error = call.org.act(user, action, { respondAsync, sendEmail, requestId: call.requestId })
        if (error !== null) return errorReply(error)
        return lifecycleReply(action, sendEmail, given !== undefined, call.baseUrl)
      }),
  }
}

/**
 * The endpoints, the narrower path first.
 * Source of the buckets: Okta's own table of endpoints and counters, and a recorded trace of them.
 */
export const endpoints: readonly Endpoint[] = [
  ...actionNames.map(lifecycle),
  {
    method: 'GET',
    path: '/api/v1/users/me',
    bucket: '/api/v1/users/me',
    action: null,
    answer: (call) => showUser({ ...call, user: 'me' }),
  },
  {
    method: 'GET',
    path: '/api/v1/users/:user',
    bucket: '/api/v1/users/{id:.+}',
    action: null,
    answer: showUser,
  },
  {
    method: 'DELETE',
    path: '/api/v1/users/:user',
    bucket: '/api/v1/users/{id}',
    action: null,
    answer: deleteUser,
  },
  {
    method: 'GET',
    path: '/api/v1/users/:user/factors',
    bucket: '/api/v1/users',
    action: null,
    answer: showFactors,
  },
]

/**
 * What Okta says of a path and method that it has no endpoint for. Below the users a wrong method and a path with
 * one part too many, as a login with a slash makes it, look the same: 405.
 */
export function noEndpoint(path: string): Reply {
  const users = path === '/api/v1/users' || path.startsWith('/api/v1/users/')
  return errorReply(oktaError(users ? 'E0000022' : 'E0000008'))
}
