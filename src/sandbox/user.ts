import type { UserStatus } from '../okta/status.ts'

/** A user's profile: the six base attributes that Okta always shows. */
export interface UserProfile {
  readonly firstName: string
  readonly lastName: string
  readonly mobilePhone: string | null
  readonly secondEmail: string | null
  readonly login: string
  readonly email: string
}

/** An enrolled factor. */
export interface Factor {
  readonly id: string
  readonly factorType: string
  readonly provider: string
  readonly status: 'ACTIVE' | 'PENDING_ACTIVATION'
  /** RFC 3339 UTC, whole seconds. */
  readonly created: string
}

/** What masters a user's profile and password. */
export type UserSource = 'OKTA' | 'ACTIVE_DIRECTORY'

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
 * Times are RFC 3339 UTC with whole seconds, null where the thing has not happened.
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
  /** Types of the admin roles that the user holds, as `SUPER_ADMIN`. */
  readonly roles: readonly string[]
  /** An ACTIVE user may be blocked from unknown devices; no status shows it, and unlock lifts it. */
  readonly blockedFromUnknownDevices: boolean
  readonly transition: Transition | null
}
