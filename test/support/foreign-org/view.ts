import type { ForeignStatus, ForeignUser } from './user.ts'

const baseUrl = 'https://foreign-org.example.com/api/v1/users'

/** The operations that a user's links show, by status. Not all that are allowed are among them. */
const offered: Readonly<Record<ForeignStatus, readonly string[]>> = {
  STAGED: ['activate', 'resetFactors'],
  PROVISIONED: ['suspend', 'resetPassword', 'reactivate', 'resetFactors', 'deactivate'],
  ACTIVE: ['suspend', 'resetPassword', 'expirePassword', 'resetFactors', 'deactivate'],
  RECOVERY: ['reactivate', 'resetPassword', 'resetFactors', 'deactivate'],
  PASSWORD_EXPIRED: ['suspend', 'resetPassword', 'expirePassword', 'resetFactors', 'deactivate'],
  LOCKED_OUT: ['unlock', 'resetPassword', 'resetFactors', 'deactivate'],
  SUSPENDED: ['unsuspend', 'resetFactors', 'deactivate'],
  DEPROVISIONED: ['activate', 'resetFactors'],
}

/** A user as `GET /api/v1/users/{id}` shows it. `transitioningToStatus` is there only while there is a transition. */
export function userJson(user: ForeignUser): Record<string, unknown> {
  const transition = user.transition === null ? {} : { transitioningToStatus: user.transition.to }
  return {
    id: user.id,
    status: user.status,
    created: '2026-01-05T08:00:00.000Z',
    activated: user.status === 'STAGED' ? null : '2026-01-06T08:00:00.000Z',
    statusChanged: user.statusChanged,
    lastLogin: null,
    lastUpdated: user.statusChanged ?? '2026-01-05T08:00:00.000Z',
    passwordChanged: null,
    type: { id: 'otyF0reignOrg0000001' },
    ...transition,
    profile: {
      firstName: 'Test',
      lastName: 'Person',
      mobilePhone: null,
      secondEmail: null,
      login: user.login,
      // The address is somebody's mailbox, not the login: whoever looks a user up by it finds nothing.
      email: `mailbox-${user.id}@mail.example.com`,
    },
    credentials: { provider: { type: user.provider ?? 'OKTA', name: user.provider ?? 'OKTA' } },
    _links: {
      self: { href: `${baseUrl}/${user.id}` },
      ...Object.fromEntries(
        offered[user.status].map((name) => [
          name,
          { href: `${baseUrl}/${user.id}/lifecycle/x`, method: 'POST' },
        ]),
      ),
    },
  }
}

/** The user's enrolled factors as `GET /api/v1/users/{id}/factors` lists them. */
export function factorsJson(user: ForeignUser): Record<string, unknown>[] {
  return user.factors.map((factor) => ({
    id: factor.id,
    factorType: factor.factorType,
    provider: factor.provider,
    vendorName: factor.provider,
    status: 'ACTIVE',
    created: factor.created,
    lastUpdated: factor.created,
    profile: {},
  }))
}
