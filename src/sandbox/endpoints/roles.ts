import { z } from 'zod'
import { notFound, oktaError, validationError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import { roleId, roleLabels } from '../org/roles.ts'
import type { SandboxUser } from '../users/user.ts'
import { type ApiCall, type Endpoint, endpoint, withGroup, withUser } from './endpoint.ts'
import { groupJson } from './groups.ts'
import { limitOf, nextUrl, pageOf, unknownCursor } from './page.ts'

const body = z.object({ type: z.string() })

function roleJson(call: ApiCall, user: SandboxUser, type: string): object {
  const { created } = call.org.roles.of(user, type)
  const self = `${call.baseUrl}/api/v1/users/${user.id}/roles/${roleId(user.id, type)}`
  return {
    id: roleId(user.id, type),
    label: roleLabels[type] ?? type,
    type,
    status: 'ACTIVE',
    created,
    lastUpdated: created,
    assignmentType: 'USER',
    _links: { assignee: { href: `${call.baseUrl}/api/v1/users/${user.id}` }, self: { href: self } },
  }
}

function withRole(call: ApiCall, answer: (type: string, user: SandboxUser) => Reply): Reply {
  return withUser(call, (user) => {
    const id = call.part('role')
    const type = user.roles.find((one) => roleId(user.id, one) === id)
    return type === undefined ? errorReply(notFound(id, 'Role')) : answer(type, user)
  })
}

function assign(call: ApiCall): Reply {
  return withUser(call, (user) => {
    if (user.transition !== null) return errorReply(oktaError('E0000112'))
    if (user.status === 'DEPROVISIONED') return errorReply(oktaError('E0000038'))
    const given = body.safeParse(call.body)
    const type = given.success ? given.data.type : ''
    if (!Object.hasOwn(roleLabels, type)) {
      return errorReply(validationError('type', ['type: The role type is not known']))
    }
    if (user.roles.includes(type)) return errorReply(oktaError('E0000090'))
    const created = call.org.clock.instant().iso
    call.org.roles.put({ user: user.id, type, created, groups: [] })
    const changed = call.org.change(user, { roles: [...user.roles, type] })
    return { ...jsonReply(roleJson(call, changed, type)), httpStatus: 201 }
  })
}

function unassign(call: ApiCall): Reply {
  return withRole(call, (type, user) => {
    call.org.change(user, { roles: user.roles.filter((one) => one !== type) })
    call.org.roles.remove(user.id, type)
    return noContent
  })
}

function changeTarget(call: ApiCall, belongs: boolean): Reply {
  return withRole(call, (type, user) =>
    withGroup(call, (group) => {
      const assignment = call.org.roles.of(user, type)
      const others = assignment.groups.filter((id) => id !== group.id)
      call.org.roles.put({ ...assignment, groups: belongs ? [...others, group.id] : others })
      return noContent
    }),
  )
}

function listTargets(call: ApiCall): Reply {
  return withRole(call, (type, user) => {
    const groups = call.org.roles.of(user, type).groups.flatMap((id) => call.org.groups.find(id) ?? [])
    return jsonReply(groups.map((group) => groupJson(group, call.baseUrl)))
  })
}

/** `GET /api/v1/iam/assignees/users`: everyone who has a role. The next page's place is in the body. */
function listAssignees(call: ApiCall): Reply {
  const directory = call.org.directory()
  const { table } = directory
  const limit = limitOf(call, 100, 100)
  if (typeof limit === 'object') return errorReply(limit)
  const after = call.query('after') ?? ''
  const last = after === '' ? -1 : directory.rowOf(after)
  if (after !== '' && last === -1) return errorReply(unknownCursor(after))
  const page = pageOf(withRoles(call, last), limit, (row) => table.id(row))
  const value = page.items.map((row) => ({
    id: table.id(row),
    orn: `orn:okta:directory:00o00000000sandbox00:users:${table.id(row)}`,
    _links: {
      self: { href: `${call.baseUrl}/api/v1/users/${table.id(row)}` },
      roles: { href: `${call.baseUrl}/api/v1/users/${table.id(row)}/roles` },
    },
  }))
  const _links = page.next === null ? {} : { next: { href: nextUrl(call, page.next) } }
  return jsonReply({ value, _links })
}

function* withRoles(call: ApiCall, last: number): Generator<number> {
  const directory = call.org.directory()
  for (const row of directory.rows(last)) if (directory.table.roles(row).length > 0) yield row
}

const roles = '/api/v1/users/:user/roles'

/** Admin roles. */
export const roleEndpoints: readonly Endpoint[] = [
  endpoint('GET', '/api/v1/iam/assignees/users', '/api/v1', listAssignees),
  endpoint('GET', roles, '/api/v1/users', (call) =>
    withUser(call, (user) => jsonReply(user.roles.map((type) => roleJson(call, user, type)))),
  ),
  endpoint('POST', roles, '/api/v1/users', assign),
  endpoint('GET', `${roles}/:role`, '/api/v1/users', (call) =>
    withRole(call, (type, user) => jsonReply(roleJson(call, user, type))),
  ),
  endpoint('DELETE', `${roles}/:role`, '/api/v1/users', unassign),
  endpoint('GET', `${roles}/:role/targets/groups`, '/api/v1/users', listTargets),
  endpoint('PUT', `${roles}/:role/targets/groups/:group`, '/api/v1/users', (call) =>
    changeTarget(call, true),
  ),
  endpoint('DELETE', `${roles}/:role/targets/groups/:group`, '/api/v1/users', (call) =>
    changeTarget(call, false),
  ),
]
