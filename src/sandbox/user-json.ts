import type { Action } from '../okta/actions.ts'
import type { UserStatus } from '../okta/status.ts'
import type { Factor, SandboxUser } from './user.ts'

// Every org has a default user type and its schema; their ids mean nothing else.
const userTypeId = 'oty1a2b3c4d5e6f7g8h9'
const userSchemaId = 'osc1a2b3c4d5e6f7g8h9'

/**
 * The lifecycle calls that a user's links offer. Okta offers fewer than it allows: a STAGED user can be deactivated.
 * Sources: recorded users for STAGED, SUSPENDED and DEPROVISIONED; the others follow from what is allowed.
 */
const offered: Readonly<Record<UserStatus, readonly Action[]>> = {
  STAGED: ['activate'],
  PROVISIONED: ['reactivate', 'reset_factors', 'deactivate'],
  ACTIVE: ['suspend', 'reset_factors', 'deactivate'],
  RECOVERY: ['reactivate', 'reset_factors', 'deactivate'],
  PASSWORD_EXPIRED: ['reset_factors', 'deactivate'],
  LOCKED_OUT: ['unlock', 'reset_factors', 'deactivate'],
  SUSPENDED: ['unsuspend', 'reset_factors', 'deactivate'],
  DEPROVISIONED: ['activate'],
}

interface Link {
  readonly href: string
  readonly method?: string
}

function offers(user: SandboxUser): readonly Action[] {
  if (user.transition !== null) return []
  const actions = offered[user.status]
  if (user.blockedFromUnknownDevices && user.status === 'ACTIVE') return [...actions, 'unlock']
  return user.source === 'OKTA' ? actions : actions.filter((action) => action !== 'unlock')
}

function linksOf(user: SandboxUser, baseUrl: string): Record<string, Link> {
  const self = `${baseUrl}/api/v1/users/${user.id}`
  const links: Record<string, Link> = {
    schema: { href: `${baseUrl}/api/v1/meta/schemas/user/${userSchemaId}` },
    self: { href: self },
    type: { href: `${baseUrl}/api/v1/meta/types/user/${userTypeId}` },
  }
  for (const action of offers(user)) {
    const name = action === 'reset_factors' ? 'resetFactors' : action
    links[name] = { href: `${self}/lifecycle/${action}`, method: 'POST' }
  }
  if (user.status === 'DEPROVISIONED') links.delete = { href: self, method: 'DELETE' }
  return links
}

function credentialsOf(user: SandboxUser): object {
  const provider =
    user.source === 'OKTA'
      ? { type: 'OKTA', name: 'OKTA' }
      : { type: 'ACTIVE_DIRECTORY', name: 'corp.example.com' }
  if (user.passwordChanged === null) return { provider }
  const emails = [{ value: user.profile.email, status: 'VERIFIED', type: 'PRIMARY' }]
  return { password: {}, emails, provider }
}

/** A user as `GET /api/v1/users/{id}` shows it. `baseUrl` has no slash at its end. */
export function userJson(user: SandboxUser, baseUrl: string): object {
  return {
    id: user.id,
    status: user.status,
    ...(user.transition === null ? {} : { transitioningToStatus: user.transition.to }),
    created: user.created,
    activated: user.activated,
    statusChanged: user.statusChanged,
    lastLogin: user.lastLogin,
    lastUpdated: user.lastUpdated,
    passwordChanged: user.passwordChanged,
    type: { id: userTypeId },
    profile: user.profile,
    credentials: credentialsOf(user),
    _links: linksOf(user, baseUrl),
  }
}

/** An enrolled factor as `GET /api/v1/users/{id}/factors` shows it. */
export function factorJson(factor: Factor, user: SandboxUser, baseUrl: string): object {
  return {
    id: factor.id,
    factorType: factor.factorType,
    provider: factor.provider,
    vendorName: factor.provider,
    status: factor.status,
    created: factor.created,
    lastUpdated: factor.created,
    _links: { self: { href: `${baseUrl}/api/v1/users/${user.id}/factors/${factor.id}` } },
  }
}
