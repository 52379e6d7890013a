import { type Answer, errorAnswer, jsonAnswer } from './answer.ts'
import type { ForeignUser } from './user.ts'
import { userJson } from './view.ts'

/** A group of the org. Tests may change its members between requests, as another administrator would. */
export interface ForeignGroup {
  /** `00g` and 17 letters or digits. */
  readonly id: string
  readonly name: string
  /** Ids of users. */
  members: string[]
  /** Labels of the admin roles that its members hold through it. */
  readonly roles?: readonly string[]
}

/** Who holds what in an org, and what it does not show. */
export interface Administration {
  /** By user id, the labels of the admin roles that a user holds without a group. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly groups: readonly ForeignGroup[]
  /**
   * Members, by group and user as `GROUP USER`, and the moment from which lists show them, in milliseconds by the org's
   * clock. Okta's lists are late by up to three seconds.
   */
  readonly listedFrom: ReadonlyMap<string, number>
}

/** How many entries a page has. Small, so that few users make several pages. */
const pageSize = 5

/** `GET /api/v1/iam/assignees/users`: users with a role of their own. The next page stands in the body. */
export function assigneesAnswer({ roles }: Administration, url: URL): Answer {
  const ids = Object.keys(roles).filter((id) => (roles[id] ?? []).length > 0)
  const { page, next } = pageOf(ids, (id) => id, url)
  const value = page.map((id) => ({
    id,
    orn: `orn:okta:directory:00oForeignOrg:users:${id}`,
    _links: { self: { href: new URL(`/api/v1/users/${id}`, url).href } },
  }))
  return jsonAnswer(200, { value, _links: next === null ? {} : { next: { href: next } } })
}

/** `GET /api/v1/users/{id}/roles`: own roles, and those held through groups. */
export function rolesAnswer({ roles, groups }: Administration, userId: string): Answer {
  const own = (roles[userId] ?? []).map((label) => roleJson(label, 'USER'))
  const through = groups
    .filter(({ members }) => members.includes(userId))
    .flatMap(({ roles: held = [] }) => held.map((label) => roleJson(label, 'GROUP')))
  return jsonAnswer(200, [...own, ...through])
}

function roleJson(label: string, assignmentType: 'USER' | 'GROUP'): object {
  const type = label.toUpperCase().replaceAll(' ', '_')
  return { id: `ra1${type}`, label, type, status: 'ACTIVE', assignmentType }
}

/** `GET /api/v1/groups/{id}`. */
export function groupAnswer({ groups }: Administration, id: string): Answer {
  const group = groups.find((one) => one.id === id)
  return group === undefined
    ? groupNotFound(id)
    : jsonAnswer(200, { id, type: 'OKTA_GROUP', profile: { name: group.name, description: null } })
}

/** `GET /api/v1/groups/{id}/users`, with `link` headers for paging. */
export function membersAnswer(
  { groups, listedFrom }: Administration,
  users: ReadonlyMap<string, ForeignUser>,
  id: string,
  url: URL,
  now: number,
): Answer {
  const group = groups.find((one) => one.id === id)
  if (group === undefined) return groupNotFound(id)
  const shown = group.members
    .filter((user) => (listedFrom.get(`${id} ${user}`) ?? 0) <= now)
    .flatMap((user) => users.get(user) ?? [])
  const { page, next } = pageOf(shown, (user) => user.id, url)
  const self = `<${url.href}>; rel="self"`
  return jsonAnswer(200, page.map(userJson), {
    link: next === null ? self : `${self}, <${next}>; rel="next"`,
  })
}

function groupNotFound(id: string): Answer {
  return errorAnswer(404, 'E0000007', `Not found: Resource not found: ${id} (UserGroup)`)
}

function pageOf<T>(
  all: readonly T[],
  idOf: (item: T) => string,
  url: URL,
): { readonly page: readonly T[]; readonly next: string | null } {
  const after = url.searchParams.get('after')
  const start = after === null ? 0 : all.findIndex((item) => idOf(item) === after) + 1
  const page = all.slice(start, start + pageSize)
  const last = page.at(-1)
  if (last === undefined || start + pageSize >= all.length) return { page, next: null }
  const next = new URL(url)
  next.searchParams.set('after', idOf(last))
  return { page, next: next.href }
}
