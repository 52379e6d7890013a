import type { UserStatus } from '../../okta/status.ts'
import { secretsOf } from '../rules/secrets.ts'
import type { SandboxUser, UserProfile, UserSource } from '../users/user.ts'

// Every org has a default user type and its schema; their ids mean nothing else.
const userTypeId = 'oty1a2b3c4d5e6f7g8h9'
const userSchemaId = 'osc1a2b3c4d5e6f7g8h9'

/** The calls that a user's links may offer, and the path of each below the user. */
const calls = {
  activate: 'lifecycle/activate',
  reactivate: 'lifecycle/reactivate',
  suspend: 'lifecycle/suspend',
  unsuspend: 'lifecycle/unsuspend',
  unlock: 'lifecycle/unlock',
  resetPassword: 'lifecycle/reset_password',
  forgotPassword: 'credentials/forgot_password',
  expirePassword: 'lifecycle/expire_password',
  changeRecoveryQuestion: 'credentials/change_recovery_question',
  changePassword: 'credentials/change_password',
  resetFactors: 'lifecycle/reset_factors',
  deactivate: 'lifecycle/deactivate',
} as const

type Call = keyof typeof calls

/** The calls that need a password which Okta keeps, or a lock that Okta set. */
const oktaSourced: readonly Call[] = [
  ...(['unlock', 'resetPassword', 'forgotPassword', 'expirePassword'] as const),
  ...(['changeRecoveryQuestion', 'changePassword'] as const),
]

/**
 * The calls that a user's links offer. Okta offers fewer than it allows: a STAGED user can be deactivated.
 * Sources: recorded users of each status except RECOVERY and LOCKED_OUT, whose calls follow from what is allowed.
 */
const offered: Readonly<Record<UserStatus, readonly Call[]>> = {
  STAGED: ['activate', 'resetFactors'],
  PROVISIONED: ['suspend', 'resetPassword', 'reactivate', 'resetFactors', 'deactivate'],
  ACTIVE: [
    ...(['suspend', 'resetPassword', 'forgotPassword', 'expirePassword'] as const),
    ...(['changeRecoveryQuestion', 'changePassword', 'resetFactors', 'deactivate'] as const),
  ],
  RECOVERY: ['reactivate', 'resetFactors', 'deactivate'],
  PASSWORD_EXPIRED: [
    ...(['suspend', 'resetPassword', 'expirePassword', 'forgotPassword'] as const),
    ...(['changeRecoveryQuestion', 'changePassword', 'deactivate', 'resetFactors'] as const),
  ],
  LOCKED_OUT: ['unlock', 'resetFactors', 'deactivate'],
  SUSPENDED: ['unsuspend', 'resetFactors', 'deactivate'],
  DEPROVISIONED: ['activate', 'resetFactors'],
}

/** A link as Okta shows it. */
interface Link {
  readonly href: string
  readonly method?: string
}

function offers(user: SandboxUser): readonly Call[] {
  if (user.transition !== null) return []
  const names = offered[user.status]
  if (user.source !== 'OKTA') return names.filter((name) => !oktaSourced.includes(name))
  return user.blockedFromUnknownDevices && user.status === 'ACTIVE' ? [...names, 'unlock'] : names
}

function linksOf(user: SandboxUser, baseUrl: string): Record<string, Link> {
  const self = `${baseUrl}/api/v1/users/${user.id}`
  const links: Record<string, Link> = {
    schema: { href: `${baseUrl}/api/v1/meta/schemas/user/${userSchemaId}` },
    self: { href: self },
    type: { href: `${baseUrl}/api/v1/meta/types/user/${userTypeId}` },
  }
  for (const name of offers(user)) links[name] = { href: `${self}/${calls[name]}`, method: 'POST' }
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

const alwaysShown = ['firstName', 'lastName', 'mobilePhone', 'secondEmail', 'login', 'email']

/** The profile as Okta shows it: an attribute without a value is left out, except the six that every profile has. */
function shownProfile(profile: UserProfile): object {
  const entries = Object.entries(profile)
  if (entries.length === alwaysShown.length) return profile
  return Object.fromEntries(entries.filter(([name, value]) => value !== null || alwaysShown.includes(name)))
}

/** What Okta shows of a user's credentials: that they exist, but never their values. */
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
 * A user as `GET /api/v1/users/{id}` shows it; in a list (`listed`) the only link is the user's own. `baseUrl` has no
 * slash at its end.
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
    profile: shownProfile(user.profile),
    credentials: credentialsJson(user),
    _links: listed ? { self: { href: `${baseUrl}/api/v1/users/${user.id}` } } : linksOf(user, baseUrl),
  }
}
