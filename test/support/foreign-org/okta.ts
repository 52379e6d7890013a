import type { IncomingHttpHeaders } from 'node:http'
import { assigneesAnswer, groupAnswer, membersAnswer, rolesAnswer } from './admin.ts'
import { type Answer, errorAnswer, forbidden, invalidToken, jsonAnswer, userNotFound } from './answer.ts'
import type { BucketName } from './bucket.ts'
import { applyAction, findUser, type Org, settle } from './org.ts'
import type { Route } from './route.ts'
import type { ForeignUser } from './user.ts'
import { factorsJson, userJson } from './view.ts'

/** Who may call, and what `/users/me` answers. */
export interface Access {
  readonly token: string
  /** The user to whom the token belongs; null for a service app, which has none. */
  readonly ownerId: string | null
  /** What `/users/me` answers without an owner: 403 E0000006 or 404 E0000007. */
  readonly ownerRefusal: 'forbidden' | 'not_found'
}

/** The counter of a route; null where Okta counts nothing and sends no rate headers. */
export function bucketOf(route: Route): BucketName | null {
  if (route.kind === 'unknown_path' || route.kind === 'wrong_method') return null
  if (route.kind === 'user') return isMe(route.key) ? 'me' : 'read'
  if (route.kind === 'group' || route.kind === 'members') return 'group'
  if (route.kind === 'assignees') return 'other'
  return 'lifecycle'
}

/** Whether the token is good. A token dies at once with its owner. */
function isAuthorised(org: Org, access: Access, headers: IncomingHttpHeaders, now: number): boolean {
  const owner = access.ownerId === null ? null : findUser(org, access.ownerId, now)
  if (owner?.status === 'DEPROVISIONED') return false
  return (
    headers.authorization === `SSWS ${access.token}` || headers.authorization === `Bearer ${access.token}`
  )
}

/** Does what a request asks for and answers as Okta would. `now` is in milliseconds by the org's clock. */
export function answerOf(
  org: Org,
  access: Access,
  route: Route,
  url: URL,
  headers: IncomingHttpHeaders,
  now: number,
): Answer {
  if (route.kind === 'unknown_path') return errorAnswer(404, 'E0000008', 'The requested path was not found')
  if (route.kind === 'wrong_method')
    return errorAnswer(405, 'E0000022', 'The endpoint does not support the provided HTTP method')
  if (!isAuthorised(org, access, headers, now)) return invalidToken()
  if (route.kind === 'list') return listAnswer(org, url, now)
  if (route.kind === 'assignees') return assigneesAnswer(org, url)
  if (route.kind === 'group') return groupAnswer(org, route.group)
  if (route.kind === 'members') return membersAnswer(org, org.users, route.group, url, now)
  const me = isMe(route.key)
  if (me && access.ownerId === null)
    return access.ownerRefusal === 'forbidden' ? forbidden() : userNotFound(route.key)
  const user = findUser(org, me ? (access.ownerId ?? '') : route.key, now)
  if (me && user === null) return jsonAnswer(200, outsider(access.ownerId ?? ''))
  if (route.kind === 'roles' && route.key === access.ownerId) return rolesAnswer(org, route.key)
  if (user === null) return userNotFound(route.key)
  if (route.kind === 'user') return jsonAnswer(200, shown(user, headers))
  if (route.kind === 'factors') return jsonAnswer(200, factorsJson(user))
  if (route.kind === 'roles') return rolesAnswer(org, user.id)
  const sendEmail = url.searchParams.get('sendEmail')
  const options = {
    sendEmail: sendEmail === null ? null : sendEmail === 'true',
    respondAsync: /\brespond-async\b/i.test(String(headers.prefer ?? '')),
  }
  return applyAction(org, user, route.action, options, now)
}

function isMe(key: string): boolean {
  return key.toLowerCase() === 'me'
}

function shown(user: ForeignUser, headers: IncomingHttpHeaders): Record<string, unknown> {
  const json = userJson(user)
  if (/okta-response=.*omitTransitioningToStatus/i.test(headers['content-type'] ?? ''))
    delete json.transitioningToStatus
  return json
}

/** The list: up to 200 a page, by `after`. It leaves out DEPROVISIONED users unless a search names that status. */
function listAnswer(org: Org, url: URL, now: number): Answer {
  const query = url.searchParams
  const search = query.get('search') ?? query.get('filter')
  const status =
    search === null ? null : /^\s*status\s+eq\s+"(?<status>[A-Z_]+)"\s*$/.exec(search)?.groups?.status
  if (status === undefined || query.has('q')) return errorAnswer(400, 'E0000031', 'Invalid search criteria.')
  const limit = Math.min(200, Math.max(1, Number(query.get('limit')) || 200))
  const after = query.get('after')
  const all = [...org.users.values()]
  const start = after === null ? 0 : all.findIndex((user) => user.id === after) + 1
  const page: ForeignUser[] = []
  let more = false
  for (const user of all.slice(start)) {
    settle(user, now)
    if (status === null ? user.status === 'DEPROVISIONED' : user.status !== status) continue
    more = page.length === limit
    if (more) break
    page.push(user)
  }
  const last = page.at(-1)
  return jsonAnswer(
    200,
    page.map(userJson),
    more && last !== undefined ? { link: nextLink(url, last.id) } : {},
  )
}

function nextLink(url: URL, after: string): string {
  const next = new URL(url)
  next.searchParams.set('after', after)
  return `<${next.href}>; rel="next"`
}

/** A user who is not among the org's, as Okta shows one. */
function outsider(id: string): object {
  return { id, status: 'ACTIVE', profile: { login: 'owner.of.the.token@example.org' } }
}
