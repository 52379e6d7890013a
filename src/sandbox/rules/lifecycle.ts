import type { Action } from '../../okta/actions.ts'
import { type UserStatus, userStatuses } from '../../okta/status.ts'
import { type OktaError, oktaError, userNotFound } from '../answers/okta-error.ts'
import type { SandboxUser } from '../users/user.ts'

/** What an action changes in a user. */
export type UserChange = Partial<Omit<SandboxUser, 'id'>>

/** The org's decision about a lifecycle call: carried out with these changes, or refused with this error. */
export type Decision =
  | { readonly kind: 'allowed'; readonly change: UserChange }
  | { readonly kind: 'refused'; readonly error: OktaError }

interface Rule {
  readonly from: readonly UserStatus[]
  change(user: SandboxUser, at: string): UserChange
  refusal(user: SandboxUser): OktaError
}

/** The change to a status at a time (RFC 3339). It also forgets the status before a suspend. */
export function changeStatus(status: UserStatus, at: string): UserChange {
  return { status, statusChanged: at, lastUpdated: at, beforeSuspend: undefined }
}

/**
 * The state machine of Okta's users, written from Okta's own documents and recordings and not from what this
 * program's client expects, so that the two check each other.
 * Sources: Users API reference and its status diagram; recorded lifecycle traffic for the answers.
 */
const rules: Readonly<Record<Action, Rule>> = {
  activate: {
    from: ['STAGED', 'DEPROVISIONED'],
    // A password set at creation makes the user ACTIVE at once; otherwise the user has yet to choose one.
    change: (user, at) => ({
      ...changeStatus(
        user.status === 'STAGED' && user.passwordChanged !== null ? 'ACTIVE' : 'PROVISIONED',
        at,
      ),
      activated: at,
    }),
    refusal: () => oktaError('E0000016'),
  },
  deactivate: {
    from: userStatuses.filter((status) => status !== 'DEPROVISIONED'),
    // Password and admin roles are lost for good; enrolled factors stay until they are reset.
    change: (_user, at) => ({
      ...changeStatus('DEPROVISIONED', at),
      passwordChanged: null,
      secrets: undefined,
      roles: [],
      blockedFromUnknownDevices: false,
    }),
    // A user who is DEPROVISIONED already is "not found" to this one call, though reading the user works.
    refusal: (user) => userNotFound(user.id),
  },
  reactivate: {
    from: ['PROVISIONED', 'RECOVERY'],
    change: () => ({}),
    refusal: () => oktaError('E0000038'),
  },
  reset_factors: {
    from: userStatuses,
    change: () => ({ factors: [] }),
    refusal: () => oktaError('E0000038'),
  },
  suspend: {
    // Okta's reference names only ACTIVE. Recordings from 2016 to 2026 show that a PROVISIONED user was suspended, and
    // that the links of PROVISIONED and PASSWORD_EXPIRED users offer it.
    from: ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED'],
    change: (user, at) => ({
      ...changeStatus('SUSPENDED', at),
      ...(user.status === 'ACTIVE' ? {} : { beforeSuspend: user.status }),
    }),
    refusal: () => oktaError('E0000001', 'suspendUser', ['Cannot suspend a user that is not active']),
  },
  unlock: {
    from: ['LOCKED_OUT', 'ACTIVE'],
    change: (user, at) => ({
      ...(user.status === 'LOCKED_OUT' ? changeStatus('ACTIVE', at) : {}),
      blockedFromUnknownDevices: false,
    }),
    refusal: () => oktaError('E0000032', null, ['The user is not locked out.']),
  },
  unsuspend: {
    from: ['SUSPENDED'],
    // The user returns to the status before the suspend. This was recorded for a PROVISIONED user.
    change: (user, at) => changeStatus(user.beforeSuspend ?? 'ACTIVE', at),
    // In the one reply that is known, the summary names suspendUser here too.
    refusal: () => oktaError('E0000001', 'suspendUser', ['Cannot unsuspend a user that is not suspended']),
  },
}

/**
 * Judges a lifecycle call on a user. `at` is the org's time (RFC 3339) for a change of status. While a change of status
 * is under way every call is refused with 409 E0000112, the one error that Okta documents for that time.
 */
export function decide(user: SandboxUser, action: Action, at: string): Decision {
  if (user.transition !== null) return { kind: 'refused', error: oktaError('E0000112') }
  const rule = rules[action]
  // Unlock is for users whose password Okta masters; a directory's users are unlocked in the directory.
  if (action === 'unlock' && user.source !== 'OKTA') return { kind: 'refused', error: oktaError('E0000032') }
  const needless = action === 'unlock' && user.status === 'ACTIVE' && !user.blockedFromUnknownDevices
  if (needless || !rule.from.includes(user.status)) return { kind: 'refused', error: rule.refusal(user) }
  return { kind: 'allowed', change: rule.change(user, at) }
}
