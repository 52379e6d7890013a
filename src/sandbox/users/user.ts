import type { UserStatus } from '../../okta/status.ts'

/** A value that a profile's attribute may have. */
export type AttributeValue = string | number | boolean | null | readonly (string | number | boolean)[]

/**
 * A user's profile: the six base attributes that Okta always shows, and whatever else the org's schema has. The
 * sandbox's schema has those of Okta's default user type and those of its seed.
 */
export interface UserProfile {
  readonly firstName: string
  readonly lastName: string
  readonly mobilePhone: string | null
  readonly secondEmail: string | null
  readonly login: string
  readonly email: string
  readonly [attribute: string]: AttributeValue
}

/** An enrolled factor. */
export interface Factor {
  readonly id: string
  readonly factorType: string
  readonly provider: string
  readonly status: 'ACTIVE' | 'PENDING_ACTIVATION'
  /** RFC 3339 UTC, whole seconds. */
  readonly created: string
  /** Such as `{"phoneNumber":"+1-555-0100"}`; absent if the factor was enrolled without one. */
  readonly profile?: Readonly<Record<string, string>> | undefined
}

/** What may master a user's profile and password. */
export const userSources = ['OKTA', 'ACTIVE_DIRECTORY', 'LDAP', 'FEDERATION', 'SOCIAL', 'IMPORT'] as const

export type UserSource = (typeof userSources)[number]

/** The secrets by which a user is recognized. Only hashes are kept, so that a saved org holds no password. */
export interface UserSecrets {
  /** Null if the sandbox knows no password, as for a generated user. */
  readonly passwordHash: string | null
  readonly recoveryQuestion: string | null
  readonly recoveryAnswerHash: string | null
}

/** A change of status that has been accepted and is not finished. */
export interface Transition {
  readonly action: 'activate' | 'deactivate'
  /** Okta shows it as `transitioningToStatus`. */
  readonly to: UserStatus
  /** Milliseconds since 1970 by the org's clock. */
  readonly endsAt: number
}

/**
 * A user of the simulated org. Never changed in place: a change is a new object.
 * Times are RFC 3339 UTC with whole seconds, null if the thing has not happened.
 */
export interface SandboxUser {
  /** `00u` and 17 of [A-Za-z0-9]; case-sensitive. */
  readonly id: string
  readonly status: UserStatus
  readonly created: string
  readonly activated: string | null
  readonly statusChanged: string | null
  readonly lastLogin: string | null
  readonly lastUpdated: string
  /** Null: the user has no password. */
  readonly passwordChanged: string | null
  readonly profile: UserProfile
  readonly source: UserSource
  readonly factors: readonly Factor[]
  /** Types of the admin roles that the user holds, such as `SUPER_ADMIN`. */
  readonly roles: readonly string[]
  /** An ACTIVE user may be blocked from unknown devices; no status shows it, and unlock lifts it. */
  readonly blockedFromUnknownDevices: boolean
  readonly transition: Transition | null
  /** Where unsuspend leads a SUSPENDED user; absent: ACTIVE. */
  readonly beforeSuspend?: UserStatus | undefined
  /** Absent for a user to whom no client has given any. */
  readonly secrets?: UserSecrets | undefined
}
