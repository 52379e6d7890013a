import { notFound, oktaError } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import { roleId } from '../org/roles.ts'
import type { SandboxUser } from '../users/user.ts'
import { type ApiCall, type Endpoint, endpoint, withGroup, withUser } from './endpoint.ts'
import { groupJson } from './groups.ts'
import { listAssignees } from './list-assignees.ts'
import { groupRole, readType, userRole } from './role-json.ts'

/** A user's own roles, then those that the user holds through groups. */
function listUserRoles(call: ApiCall): Reply {
  return withUser(call, (user) => {
    const own = user.roles.map((type) => userRole(call, user, type))
    const others = call.org.groups
      .of(user.id)
      .flatMap((group) => group.roles.map((type) => groupRole(call, group, type)))
    return jsonReply([...own, ...others])
  })
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
    const given = readType(call, user.roles)
    if ('errorCode' in given) return errorReply(given)
    const { type } = given
    const created = call.org.clock.instant().iso
    call.org.roles.put({ user: user.id, type, created, groups: [] })
    const changed = call.org.change(user, { roles: [...user.roles, type] })
    return { ...jsonReply(userRole(call, changed, type)), httpStatus: 201 }
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

const roles = '/api/v1/users/:user/roles'

/** The admin roles of users, and the list of those who have any. */
export const roleEndpoints: readonly Endpoint[] = [
  endpoint('GET', '/api/v1/iam/assignees/users', '/api/v1', listAssignees),
  endpoint('GET', roles, '/api/v1/users', listUserRoles),
  endpoint('POST', roles, '/api/v1/users', assign),
  endpoint('GET', `${roles}/:role`, '/api/v1/users', (call) =>
    withRole(call, (type, user) => jsonReply(userRole(call, user, type))),
  ),
  endpoint('DELETE', `${roles}/:role`, '/api/v1/users', unassign),
  // There are no applications, so no role is limited to any.
  endpoint('GET', `${roles}/:role/targets/catalog/apps`, '/api/v1/users', (call) =>
    withRole(call, () => jsonReply([])),
  ),
  endpoint('GET', `${roles}/:role/targets/groups`, '/api/v1/users', listTargets),
  endpoint('PUT', `${roles}/:role/targets/groups/:group`, '/api/v1/users', (call) =>
    changeTarget(call, true),
  ),
  endpoint('DELETE', `${roles}/:role/targets/groups/:group`, '/api/v1/users', (call) =>
    changeTarget(call, false),
  ),
]
