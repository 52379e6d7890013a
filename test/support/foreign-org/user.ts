/** The eight statuses, written out once more so that the foreign org shares nothing with the program it judges. */
export const foreignStatuses = [
  'STAGED',
  'PROVISIONED',
  'ACTIVE',
  'RECOVERY',
  'PASSWORD_EXPIRED',
  'LOCKED_OUT',
  'SUSPENDED',
  'DEPROVISIONED',
] as const

export type ForeignStatus = (typeof foreignStatuses)[number]

/** An enrolled factor. `created` is RFC 3339 UTC, in whole seconds as Okta writes it. */
interface ForeignFactor {
  readonly id: string
  readonly factorType: string
  readonly provider: string
  readonly created: string
}

/** A status change that was accepted and is still going on. `doneAt` is in milliseconds by the org's clock. */
interface Transition {
  readonly to: ForeignStatus
  readonly doneAt: number
}

/** A user of the foreign org. Tests may change one between requests, as another administrator would. */
export interface ForeignUser {
  /** `00u` and 17 letters or digits; letter case matters. */
  readonly id: string
  login: string
  status: ForeignStatus
  /** The time of the last status change, RFC 3339 UTC in whole seconds; null where there was none yet. */
  statusChanged: string | null
  factors: ForeignFactor[]
  /** A staged user with a password becomes ACTIVE by activate, one without becomes PROVISIONED. */
  hasPassword: boolean
  /** An ACTIVE user can be blocked from unknown devices alone; then unlock is allowed. */
  blockedFromUnknownDevices: boolean
  transition: Transition | null
  /** Where an unsuspend leads back to; null unless the org itself suspended the user. */
  suspendedFrom: ForeignStatus | null
  /** Where the user comes from, as `credentials.provider.type` says it; left out: Okta itself. */
  readonly provider?: 'ACTIVE_DIRECTORY' | 'LDAP' | 'FEDERATION'
}

/** What {@link makeUsers} makes. */
export interface MakeUsersOptions {
  readonly count: number
  /** Default ACTIVE. Of several, each user takes the next one, round and round. */
  readonly status?: ForeignStatus | readonly ForeignStatus[]
  /** Enrolled factors of each user. Default 0. */
  readonly factors?: number
  /** The number of the first user; default 1. Two calls with other numbers make users for the same org. */
  readonly first?: number
  /** Default false. */
  readonly hasPassword?: boolean
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * The fictional id of the user with a number: the same in every run, 20 characters.
 * Some ids differ from each other in letter case alone (10 and 36), as Okta's may.
 */
export function userIdOf(number: number): string {
  return `00uF0reignOrg${inBase62(number, 7)}`
}

/** The fictional login of the user with a number. */
export function loginOf(number: number): string {
  return `user${number}@example.com`
}

/** Makes fictional users, the same ones every time. Throws a RangeError where a count is not a whole number from 0. */
export function makeUsers(options: MakeUsersOptions): ForeignUser[] {
  const { count, status = 'ACTIVE', factors = 0, first = 1, hasPassword = false } = options
  for (const [name, value] of Object.entries({ count, factors, first })) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`Expected ${name} to be a whole number from 0, got ${value}`)
  }
  const statuses: readonly ForeignStatus[] = typeof status === 'string' ? [status] : status
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const own = statuses[index % statuses.length] ?? 'ACTIVE'
    return {
      id: userIdOf(number),
      login: loginOf(number),
      status: own,
      // A user who never left STAGED has no change yet.
      statusChanged: own === 'STAGED' ? null : '2026-01-12T09:30:00.000Z',
      factors: Array.from({ length: factors }, (_, factor) => ({
        id: `mfaF0reignOrg${inBase62(number * 1000 + factor, 7)}`,
        factorType: factor % 2 === 0 ? 'token:software:totp' : 'sms',
        provider: 'OKTA',
        created: '2026-01-12T09:45:00.000Z',
      })),
      hasPassword,
      blockedFromUnknownDevices: false,
      transition: null,
      suspendedFrom: null,
    }
  })
}

function inBase62(number: number, length: number): string {
  let text = ''
  let rest = number
  for (let place = 0; place < length; place += 1) {
    text = base62.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}
