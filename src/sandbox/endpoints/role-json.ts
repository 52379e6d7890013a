import * as z from 'zod'
import { type OktaError, oktaError, validationError } from '../answers/okta-error.ts'
import type { Group } from '../org/groups.ts'
import { roleId, roleLabels } from '../org/roles.ts'
import type { SandboxUser } from '../users/user.ts'
import type { ApiCall } from './endpoint.ts'

const body = z.object({ type: z.string() })

/** Who holds a role: a user, or a group for its members. `place` is the holder's path. */
interface Holding {
  readonly holder: string
  readonly assignmentType: 'USER' | 'GROUP'
  readonly place: string
  readonly type: string
  readonly created: string
}

function roleJson(call: ApiCall, { holder, assignmentType, place, type, created }: Holding): object {
  const assignee = `${call.baseUrl}/api/v1/${place}/${holder}`
  const id = roleId(holder, type)
  return {
    id,
    label: roleLabels[type] ?? type,
    type,
    status: 'ACTIVE',
    created,
    lastUpdated: created,
    assignmentType,
    _links: { assignee: { href: assignee }, self: { href: `${assignee}/roles/${id}` } },
  }
}

/** A role that a user holds, as Okta shows it. */
export function userRole(call: ApiCall, user: SandboxUser, type: string): object {
  const { created } = call.org.roles.of(user, type)
  return roleJson(call, { holder: user.id, assignmentType: 'USER', place: 'users', type, created })
}

/** A role that a group holds for its members, as Okta shows it. */
export function groupRole(call: ApiCall, group: Group, type: string): object {
  const { id, created } = group
  return roleJson(call, { holder: id, assignmentType: 'GROUP', place: 'groups', type, created })
}

/** The type of role that a body names, or the refusal; `held` are the roles that are assigned already. */
export function readType(call: ApiCall, held: readonly string[]): { readonly type: string } | OktaError {
  const given = body.safeParse(call.body)
  const type = given.success ? given.data.type : ''
  if (!Object.hasOwn(roleLabels, type)) return validationError('type', ['type: The role type is not known'])
  return held.includes(type) ? oktaError('E0000090') : { type }
}
