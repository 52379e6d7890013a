import * as z from 'zod'
import { type OktaError, oktaError, validationError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import type { Group } from '../org/groups.ts'
import { parseExpression } from '../search/expression.ts'
import { groupAttributes } from '../search/group-attributes.ts'
import { compile } from '../search/match.ts'
import { oktaId } from '../users/okta-id.ts'
import { type ApiCall, type Endpoint, endpoint, unsupported, withGroup, withUser } from './endpoint.ts'
import { limitOf, listReply, pageOf, unknownCursor } from './page.ts'
import { userJson } from './user-json.ts'

const body = z.object({
  profile: z.object({ name: z.string().optional(), description: z.string().nullish() }).optional(),
})

/** A group as Okta shows it. */
export function groupJson(group: Group, baseUrl: string): object {
  const self = `${baseUrl}/api/v1/groups/${group.id}`
  return {
    id: group.id,
    created: group.created,
    lastUpdated: group.lastUpdated,
    lastMembershipUpdated: group.lastMembershipUpdated,
    objectClass: ['okta:user_group'],
    type: group.type,
    profile: { name: group.name, description: group.description },
    _links: { self: { href: self }, users: { href: `${self}/users` }, apps: { href: `${self}/apps` } },
  }
}

/**
 * The name and description in a body; or the refusal. `id` is that of the group itself, whose own name does not count
 * as taken.
 */
function readProfile(call: ApiCall, id?: string): Pick<Group, 'name' | 'description'> | OktaError {
  const given = body.safeParse(call.body ?? {})
  const profile = given.success ? given.data.profile : undefined
  const name = profile?.name?.trim() ?? ''
  if (name === '') return validationError('name', ['name: The field cannot be left blank'])
  if (name.length > 255) return validationError('name', ['name: The field is too long'])
  if (call.org.groups.isTaken(name, id)) {
    const cause = 'name: An object with this field already exists in the current organization'
    return validationError('name', [cause])
  }
  return { name, description: profile?.description ?? null }
}

function createGroup(call: ApiCall): Reply {
  const profile = readProfile(call)
  if ('errorCode' in profile) return errorReply(profile)
  const { iso } = call.org.clock.instant()
  const times = { created: iso, lastUpdated: iso, lastMembershipUpdated: iso }
  const group: Group = { id: oktaId('00g', Math.random), type: 'OKTA_GROUP', ...profile, ...times, roles: [] }
  call.org.groups.put(group)
  return jsonReply(groupJson(group, call.baseUrl))
}

/** Answers for a group that clients may change, which Everyone is not. */
function withOwnGroup(call: ApiCall, answer: (group: Group) => Reply): Reply {
  return withGroup(call, (group) => (group.type === 'BUILT_IN' ? unsupported() : answer(group)))
}

function replaceGroup(call: ApiCall): Reply {
  return withOwnGroup(call, (group) => {
    const profile = readProfile(call, group.id)
    if ('errorCode' in profile) return errorReply(profile)
    const changed = { ...group, ...profile, lastUpdated: call.org.clock.instant().iso }
    call.org.groups.put(changed)
    return jsonReply(groupJson(changed, call.baseUrl))
  })
}

function deleteGroup(call: ApiCall): Reply {
  return withOwnGroup(call, (group) => {
    call.org.groups.remove(group)
    call.org.roles.forgetGroup(group.id)
    return noContent
  })
}

function changeMember(call: ApiCall, belongs: boolean): Reply {
  return withOwnGroup(call, (group) =>
    withUser(call, (user) => {
      if (belongs && user.status === 'DEPROVISIONED') return errorReply(oktaError('E0000038'))
      call.org.groups.change(group, user.id, belongs)
      return noContent
    }),
  )
}

/** The groups that `search`, `filter` or `q` (the beginning of the name) ask for; or the refusal. */
function wanted(call: ApiCall): readonly Group[] | OktaError {
  const groups = [...call.org.groups.all()]
  const expression = call.query('search') || call.query('filter')
  if (expression) {
    const parsed = parseExpression(expression)
    const test = parsed === null ? null : compile(parsed, groupAttributes(groups))
    return test === null ? oktaError('E0000031') : groups.filter((_group, row) => test(row))
  }
  const q = call.query('q')?.trim().toLowerCase() ?? ''
  return groups.filter((group) => group.name.toLowerCase().startsWith(q))
}

function listGroups(call: ApiCall): Reply {
  const limit = limitOf(call, 10_000, 10_000)
  if (typeof limit === 'object') return errorReply(limit)
  const groups = wanted(call)
  if ('errorCode' in groups) return errorReply(groups)
  const after = call.query('after') ?? ''
  const place = groups.findIndex((group) => group.id === after)
  if (after !== '' && place === -1) return errorReply(unknownCursor(after))
  const page = pageOf(groups.slice(place + 1), limit, (group) => group.id)
  return listReply(call, page, (group) => groupJson(group, call.baseUrl))
}

function* memberRows(call: ApiCall, group: Group, last: number): Generator<number> {
  const directory = call.org.directory()
  for (const row of directory.rows(last)) if (call.org.groups.lists(group, directory.table.id(row))) yield row
}

function listMembers(call: ApiCall): Reply {
  return withGroup(call, (group) => {
    const directory = call.org.directory()
    const { table } = directory
    const limit = limitOf(call, 1000, 1000)
    if (typeof limit === 'object') return errorReply(limit)
    const after = call.query('after') ?? ''
    const last = after === '' ? -1 : directory.rowOf(after)
    if (after !== '' && last === -1) return errorReply(unknownCursor(after))
    const page = pageOf(memberRows(call, group, last), limit, (row) => table.id(row))
    return listReply(call, page, (row) => userJson(table.read(row), call.baseUrl, true))
  })
}

const groups = '/api/v1/groups'
// One group and the paths below it have a counter of their own.
const oneGroup = '/api/v1/groups/{id}'
const member = `${groups}/:group/users/:user`

/** Groups and their members. */
export const groupEndpoints: readonly Endpoint[] = [
  endpoint('GET', groups, groups, listGroups),
  endpoint('POST', groups, groups, createGroup),
  endpoint('GET', `${groups}/:group`, oneGroup, (call) =>
    withGroup(call, (group) => jsonReply(groupJson(group, call.baseUrl))),
  ),
  endpoint('PUT', `${groups}/:group`, oneGroup, replaceGroup),
  endpoint('DELETE', `${groups}/:group`, oneGroup, deleteGroup),
  endpoint('GET', `${groups}/:group/users`, oneGroup, listMembers),
  endpoint('GET', `${groups}/:group/apps`, oneGroup, (call) => withGroup(call, () => jsonReply([]))),
  endpoint('PUT', member, oneGroup, (call) => changeMember(call, true)),
  endpoint('DELETE', member, oneGroup, (call) => changeMember(call, false)),
  endpoint('GET', '/api/v1/users/:user/groups', '/api/v1/users', (call) =>
    withUser(call, (user) =>
      jsonReply(call.org.groups.of(user.id).map((group) => groupJson(group, call.baseUrl))),
    ),
  ),
]
