import type { UserStatus } from '../../okta/status.ts'
import { isoTime } from '../org/clock.ts'
import { oktaId } from '../users/okta-id.ts'
import type { Factor, SandboxUser } from '../users/user.ts'
import { pick, type Random } from './random.ts'

const firstNames = [
  'Ada',
  'Amir',
  'Chidi',
  'Dana',
  'Elena',
  'Farah',
  'Goran',
  'Hana',
  'Ines',
  'Jonas',
  'Kofi',
  'Lena',
  'Mateo',
  'Nadia',
  'Omar',
  'Priya',
  'Quinn',
  'Rosa',
  'Sven',
  'Tala',
  'Uma',
  'Viktor',
  'Wen',
  'Yuki',
] as const

const lastNames = [
  'Abbot',
  'Bianchi',
  'Castro',
  'Dubois',
  'Eriksen',
  'Fischer',
  'Greene',
  'Haddad',
  'Ivanova',
  'Jensen',
  'Kimura',
  'Lopez',
  'Moreau',
  'Nakata',
  'Okafor',
  'Petrov',
  'Quist',
  'Rossi',
  'Silva',
  'Tanaka',
  'Usman',
  'Vogel',
  'Weber',
  'Young',
] as const

const factorKinds = [
  { prefix: 'opf', factorType: 'push', provider: 'OKTA' },
  { prefix: 'ost', factorType: 'token:software:totp', provider: 'GOOGLE' },
  { prefix: 'mbl', factorType: 'sms', provider: 'OKTA' },
  { prefix: 'emf', factorType: 'email', provider: 'OKTA' },
] as const

const day = 86_400_000
const passwordStatuses: readonly UserStatus[] = [
  'ACTIVE',
  'RECOVERY',
  'PASSWORD_EXPIRED',
  'LOCKED_OUT',
  'SUSPENDED',
]

/** The given facts of a generated user; the rest is made up. */
export interface UserWish {
  readonly status: UserStatus
  /** Null: an id is made up. */
  readonly id: string | null
  /** The login, given the made-up names. */
  login(firstName: string, lastName: string): string
  /** Whether a STAGED user has a password. Any other status decides it. */
  readonly stagedWithPassword: boolean
  /** How many factors are enrolled, from 0. */
  readonly factorCount: number
  readonly roles: readonly string[]
}

function makeFactor(index: number, created: string, random: Random): Factor {
  const kind = factorKinds[index % factorKinds.length] ?? factorKinds[0]
  return {
    id: oktaId(kind.prefix, random),
    factorType: kind.factorType,
    provider: kind.provider,
    status: 'ACTIVE',
    created,
  }
}

/**
 * A fictional user whose times fit the status and lie a day or more before `now` (milliseconds since 1970). The same
 * wish and random numbers give the same user.
 */
export function makeUser(wish: UserWish, now: number, random: Random): SandboxUser {
  const firstName = pick(firstNames, random)
  const lastName = pick(lastNames, random)
  const login = wish.login(firstName, lastName)
  const createdAt = now - Math.floor((30 + random() * 700) * day)
  const changedAt = createdAt + Math.floor(random() * (now - day - createdAt))
  const created = isoTime(createdAt)
  const changedTime = isoTime(changedAt)
  const stagedWithPassword = wish.status === 'STAGED' && wish.stagedWithPassword
  const changed = wish.status !== 'STAGED' ? changedTime : stagedWithPassword ? created : null
  const hasPassword = passwordStatuses.includes(wish.status) || stagedWithPassword
  const factors = Array.from({ length: wish.factorCount }, (_, index) =>
    makeFactor(index, changedTime, random),
  )
  return {
    id: wish.id ?? oktaId('00u', random),
    status: wish.status,
    created,
    activated: wish.status === 'STAGED' ? null : created,
    statusChanged: changed,
    lastLogin: wish.status === 'ACTIVE' || wish.status === 'SUSPENDED' ? isoTime(now - day) : null,
    lastUpdated: changed ?? created,
    passwordChanged: hasPassword ? created : null,
    profile: { firstName, lastName, mobilePhone: null, secondEmail: null, login, email: login },
    source: 'OKTA',
    factors,
    roles: wish.roles,
    blockedFromUnknownDevices: false,
    transition: null,
  }
}
