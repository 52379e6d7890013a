import { exitCodes } from '../messages/known-error.ts'
import { shown } from '../messages/shown.ts'
import type { StopReason } from '../messages/stop.ts'

/** Why a guard can't be checked. A guard that can't be checked holds: nothing is sent. */
export interface Unchecked {
  /** One sentence without its full stop. */
  readonly why: string
  /** Whether Okta knows no such thing: a group, or the whole endpoint. */
  readonly isUnknown: boolean
}

/** Source: Okta's reference of custom admin roles names the permission, that of the endpoints the scope. */
const rolesPermission =
  'Give the token a role with the permission "View roles, resources, and admin assignments" (a service app also needs the scope okta.roles.read)'

/** Who has an admin role can't be found out. */
export function adminsUnchecked({ why, isUnknown }: Unchecked): StopReason {
  return unchecked(
    `Okta does not say who has an admin role (${why}), so protect_admins can't be checked. Nothing is sent until it can, or is turned off.`,
    isUnknown
      ? `If this org has such an endpoint, check OKTA_CLIENT_ORGURL. ${rolesPermission}`
      : rolesPermission,
    'administrators may be acted on',
    '--no-protect-admins',
  )
}

/** The members of a protected group can't be found out. */
export function groupUnchecked(groupId: string, { why, isUnknown }: Unchecked): StopReason {
  return unchecked(
    `Okta does not say who belongs to the group ${shown(groupId)} (${why}), so protect_groups can't be checked. Nothing is sent until it can, or is turned off.`,
    isUnknown
      ? `Correct the id ${shown(groupId)} under guards.protect_groups in the job and start a new run, or give the token a role that may view that group`
      : 'Give the token a role with the permission "View groups and their details" (a service app also needs the scope okta.groups.read)',
    'members of protected groups may be acted on',
    '--no-protect-groups',
  )
}

/** The org's active users can't be counted. */
export function percentUnchecked({ why }: Unchecked): StopReason {
  return unchecked(
    `The org's active users can't be counted (${why}), so max_percent can't be checked. Nothing is sent until it can, or is turned off.`,
    'Give the token a role with the permission "View users and their details" (a service app also needs the scope okta.users.read)',
    'the number of users in the input is right',
    '--max-percent 100',
  )
}

function unchecked(message: string, fix: string, unless: string, flags: string): StopReason {
  const advice = { kind: 'choice', fix, unless, flags } as const
  return { state: 'stopped', exitCode: exitCodes.stoppedByGuard, message, advice }
}
