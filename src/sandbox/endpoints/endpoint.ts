import type { Action } from '../../okta/actions.ts'
import { notFound, oktaError, userNotFound } from '../answers/okta-error.ts'
import { errorReply, type Reply } from '../answers/reply.ts'
import type { Bucket } from '../limits/buckets.ts'
import type { Group } from '../org/groups.ts'
import type { Org } from '../org/org.ts'
import type { OrgToken } from '../org/org-state.ts'
import type { SandboxUser } from '../users/user.ts'

/** A call of the API that has passed authentication and rate limits. */
export interface ApiCall {
  readonly org: Org
  /** The org's own URL as the client calls it, without a slash at its end. */
  readonly baseUrl: string
  /** Path and query as the client sent them. */
  readonly target: string
  readonly token: OrgToken
  /** The user key of the path, decoded; empty if the path has none. */
  readonly user: string
  readonly requestId: string
  /** The value of the `Prefer` header; empty if there is none. */
  readonly prefer: string
  /** The JSON of the body; undefined if there is none. */
  readonly body: unknown
  /** Another part of the path, decoded; empty if there is none of that name. */
  part(name: string): string
  /** A parameter of the query, undefined if there is none. */
  query(name: string): string | undefined
}

/** One endpoint of Okta's API: its path, the counter that it counts in, and what it does. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As the router wants it; `:user` stands for the user key. */
  readonly path: string
  readonly bucket: Bucket
  /** Null for all but the lifecycle calls. */
  readonly action: Action | null
  /** Whether the call has a body that matters. */
  readonly takesBody: boolean
  answer(call: ApiCall): Reply
}

/** An endpoint other than the seven actions. A body is read for POST and PUT only. */
export function endpoint(
  method: Endpoint['method'],
  path: string,
  bucket: Bucket,
  answer: Endpoint['answer'],
): Endpoint {
  return { method, path, bucket, action: null, takesBody: method === 'POST' || method === 'PUT', answer }
}

/** The user whom the call's key names; `me` is the token's owner. */
function findUser(call: ApiCall): SandboxUser | null {
  if (call.user !== 'me') return call.org.find(call.user)
  return call.token.owner === null ? null : call.org.find(call.token.owner)
}

/** Answers for the user whom the call's key names, or that there is no such user. */
export function withUser(call: ApiCall, answer: (user: SandboxUser) => Reply): Reply {
  const user = findUser(call)
  return user === null ? errorReply(userNotFound(call.user)) : answer(user)
}

/** Answers for the group that the path names, or that there is no such group. */
export function withGroup(call: ApiCall, answer: (group: Group) => Reply): Reply {
  const id = call.part('group')
  const group = call.org.groups.find(id)
  return group === null ? errorReply(notFound(id, 'UserGroup')) : answer(group)
}

/** Whether a parameter of the query is true; `standard` if it is absent or neither true nor false. */
export function flag(given: string | undefined, standard: boolean): boolean {
  const text = given?.toLowerCase()
  return text === 'true' || (text !== 'false' && standard)
}

/** The refusal of something that Okta doesn't do, such as changing the group Everyone. */
export function unsupported(): Reply {
  return errorReply(oktaError('E0000060'))
}
