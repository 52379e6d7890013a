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

/**
 * What the owner of the token or the service app must have, in words for a person. Sources: Okta's reference of custom
 * admin roles for the permissions, the references of the endpoints for the scopes.
 */
function needs(permission: string, scope: string): string {
  return `Give the owner of the token (or the service app) a role with the permission "${permission}", and a service app also the scope ${scope}`
}

/** The reason to stop if it can't be found out who has an admin role. */
export function adminsUnchecked({ why, isUnknown }: Unchecked): StopReason {
  const fix = needs('View roles, resources, and admin assignments', 'okta.roles.read')
  return unchecked(
    `Okta does not say who has an admin role (${why}), so protect_admins can't be checked.`,
    isUnknown ? `Ask Okta why this org does not list who has a role, or try this first: ${fix}` : fix,
    'administrators may be acted on',
    '--no-protect-admins',
  )
}

/** The reason to stop if the members of a protected group can't be found out. */
export function groupUnchecked(groupId: string, { why, isUnknown }: Unchecked): StopReason {
  const fix = needs('View groups and their details', 'okta.groups.read')
  return unchecked(
    `Okta does not say who belongs to the group ${shown(groupId)} (${why}), so protect_groups can't be checked.`,
    isUnknown
      ? `Correct the id ${shown(groupId)} under guards.protect_groups in the job and start a new run, or, if it is right: ${fix}`
      : fix,
    'members of protected groups may be acted on',
    '--no-protect-groups',
  )
}

/** The reason to stop if the org's active users can't be counted. */
export function percentUnchecked({ why }: Unchecked): StopReason {
  return unchecked(
    `The org's active users can't be counted (${why}), so max_percent can't be checked.`,
    needs('View users and their details', 'okta.users.read'),
    'the number of users in the input is right',
    '--max-percent 100',
  )
}

function unchecked(what: string, fix: string, unless: string, flags: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `${what} Nothing is sent until it can be checked or is turned off.`,
    advice: { kind: 'choice', fix, unless, flags },
  }
}
