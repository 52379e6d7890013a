import { notFound } from '../answers/okta-error.ts'
import { errorReply, jsonReply, noContent, type Reply } from '../answers/reply.ts'
import type { Group } from '../org/groups.ts'
import { roleId } from '../org/roles.ts'
import { type ApiCall, type Endpoint, endpoint, withGroup } from './endpoint.ts'
import { groupRole, readType } from './role-json.ts'

function assignToGroup(call: ApiCall): Reply {
  return withGroup(call, (group) => {
    const given = readType(call, group.roles)
    if ('errorCode' in given) return errorReply(given)
    const changed = { ...group, roles: [...group.roles, given.type] }
    call.org.groups.put(changed)
    return { ...jsonReply(groupRole(call, changed, given.type)), httpStatus: 201 }
  })
}

function withGroupRole(call: ApiCall, answer: (type: string, group: Group) => Reply): Reply {
  return withGroup(call, (group) => {
    const id = call.part('role')
    const type = group.roles.find((one) => roleId(group.id, one) === id)
    return type === undefined ? errorReply(notFound(id, 'Role')) : answer(type, group)
  })
}

function unassignFromGroup(call: ApiCall): Reply {
  return withGroupRole(call, (type, group) => {
    call.org.groups.put({ ...group, roles: group.roles.filter((one) => one !== type) })
    return noContent
  })
}

const groupRoles = '/api/v1/groups/:group/roles'

/** The admin roles of groups, which their members hold. */
export const groupRoleEndpoints: readonly Endpoint[] = [
  endpoint('GET', groupRoles, '/api/v1/groups/{id}', (call) =>
    withGroup(call, (group) => jsonReply(group.roles.map((type) => groupRole(call, group, type)))),
  ),
  endpoint('POST', groupRoles, '/api/v1/groups/{id}', assignToGroup),
  endpoint('GET', `${groupRoles}/:role`, '/api/v1/groups/{id}', (call) =>
    withGroupRole(call, (type, group) => jsonReply(groupRole(call, group, type))),
  ),
  endpoint('DELETE', `${groupRoles}/:role`, '/api/v1/groups/{id}', unassignFromGroup),
]
