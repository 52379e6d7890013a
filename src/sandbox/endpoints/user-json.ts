import type { Action } from '../../okta/actions.ts'
import type { UserStatus } from '../../okta/status.ts'
import { secretsOf } from '../rules/secrets.ts'
import type { SandboxUser, UserSource } from '../users/user.ts'

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

/** The calls about credentials that are offered too to an ACTIVE user whose password Okta has: name and path. */
const offeredWithPassword = [
  ['resetPassword', 'lifecycle/reset_password'],
  ['forgotPassword', 'credentials/forgot_password'],
  ['expirePassword', 'lifecycle/expire_password'],
  ['changeRecoveryQuestion', 'credentials/change_recovery_question'],
  ['changePassword', 'credentials/change_password'],
] as const

/** A link as Okta shows it. */
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
  if (user.status === 'ACTIVE' && user.source === 'OKTA' && user.transition === null) {
    for (const [name, path] of offeredWithPassword) links[name] = { href: `${self}/${path}`, method: 'POST' }
  }
  if (user.status === 'DEPROVISIONED') links.delete = { href: self, method: 'DELETE' }
  return links
}

const providerNames: Readonly<Record<UserSource, string>> = {
  OKTA: 'OKTA',
  ACTIVE_DIRECTORY: 'corp.example.com',
  LDAP: 'ldap.example.com',
  FEDERATION: 'FEDERATION',
  SOCIAL: 'SOCIAL',
  IMPORT: 'IMPORT',
}

/** What Okta tells of a user's credentials: that there are some, and never what they are. */
export function credentialsJson(user: SandboxUser): object {
  const provider = { type: user.source, name: providerNames[user.source] }
  const { recoveryQuestion } = secretsOf(user)
  return {
    ...(user.passwordChanged === null ? {} : { password: {} }),
    ...(recoveryQuestion === null ? {} : { recovery_question: { question: recoveryQuestion } }),
    ...(user.passwordChanged === null
      ? {}
      : { emails: [{ value: user.profile.email, status: 'VERIFIED', type: 'PRIMARY' }] }),
    provider,
  }
}

/**
 * A user as `GET /api/v1/users/{id}` shows it; in a list (`listed`) the links are the user's own place alone.
 * `baseUrl` has no slash at its end.
 */
export function userJson(user: SandboxUser, baseUrl: string, listed = false): object {
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
    credentials: credentialsJson(user),
    _links: listed ? { self: { href: `${baseUrl}/api/v1/users/${user.id}` } } : linksOf(user, baseUrl),
  }
}
