import { oktaIdFor } from '../users/okta-id.ts'
import type { SandboxUser } from '../users/user.ts'

/** Okta's standard admin roles and what they are called. Source: Okta management OpenAPI specification, `RoleType`. */
export const roleLabels: Readonly<Record<string, string>> = {
  SUPER_ADMIN: 'Super Administrator',
  ORG_ADMIN: 'Organization Administrator',
  APP_ADMIN: 'Application Administrator',
  USER_ADMIN: 'Group Administrator',
  GROUP_MEMBERSHIP_ADMIN: 'Group Membership Administrator',
  HELP_DESK_ADMIN: 'Help Desk Administrator',
  API_ACCESS_MANAGEMENT_ADMIN: 'API Access Management Administrator',
  MOBILE_ADMIN: 'Mobile Administrator',
  READ_ONLY_ADMIN: 'Read Only Administrator',
  REPORT_ADMIN: 'Report Administrator',
  WORKFLOWS_ADMIN: 'Workflows Administrator',
  ACCESS_CERTIFICATIONS_ADMIN: 'Access Certifications Administrator',
  ACCESS_REQUESTS_ADMIN: 'Access Requests Administrator',
}

/** What is known about a role that a client gave to a user, besides who has which role. */
export interface RoleAssignment {
  /** The user's id. */
  readonly user: string
  readonly type: string
  /** RFC 3339 UTC. */
  readonly created: string
  /** The ids of the groups to which the role is limited; empty if it is not limited. */
  readonly groups: readonly string[]
}

// A role that can be limited to groups or applications has the same id whoever holds it: its type in Base32. Okta's
// reference and system logs show this for all of these except GROUP_MEMBERSHIP_ADMIN. It is assumed to work the same way,
// because it can be limited too.
const fixedIds: Readonly<Record<string, string>> = {
  APP_ADMIN: 'IFIFAX2BIRGUSTQ',
  USER_ADMIN: 'KVJUKUS7IFCE2SKO',
  HELP_DESK_ADMIN: 'JBCUYUC7IRCVGS27IFCE2SKO',
  GROUP_MEMBERSHIP_ADMIN: 'I5JE6VKQL5GUKTKCIVJFGSCJKBPUCRCNJFHA',
}

/** The id of a role that a user or a group holds: it follows from the holder and the type, so it need not be kept. */
export function roleId(holder: string, type: string): string {
  return fixedIds[type] ?? oktaIdFor('ra1', `${holder} ${type}`)
}

function keyOf(user: string, type: string): string {
  return `${user} ${type}`
}

/** When roles were given, and to which groups they are limited. Who has which role is kept with the user. */
export class RoleAssignments {
  readonly #assignments = new Map<string, RoleAssignment>()

  constructor(saved: Iterable<RoleAssignment>) {
    for (const assignment of saved) this.put(assignment)
  }

  /** A role that a user has. A role from the seed is as old as the user. */
  of(user: SandboxUser, type: string): RoleAssignment {
    const known = this.#assignments.get(keyOf(user.id, type))
    return known ?? { user: user.id, type, created: user.created, groups: [] }
  }

  put(assignment: RoleAssignment): void {
    this.#assignments.set(keyOf(assignment.user, assignment.type), assignment)
  }

  remove(user: string, type: string): void {
    this.#assignments.delete(keyOf(user, type))
  }

  /** Removes a deleted group from all roles. */
  forgetGroup(group: string): void {
    for (const assignment of [...this.#assignments.values()]) {
      if (!assignment.groups.includes(group)) continue
      this.put({ ...assignment, groups: assignment.groups.filter((id) => id !== group) })
    }
  }

  saved(): RoleAssignment[] {
    return [...this.#assignments.values()]
  }
}
