import { type UserStatus, userStatuses } from '../../okta/status.ts'
import { defaultToken, type OrgState } from '../org-state.ts'
import { type Random, seededRandom } from '../random.ts'
import type { SandboxUser } from '../user.ts'
import { makeUser } from './make-user.ts'

/** Which users to make up. */
export interface GenerateOptions {
  /** How many, from 0. */
  readonly count: number
  /** Their statuses, dealt out in turn. Default: all eight. */
  readonly statuses?: readonly UserStatus[]
  /** Milliseconds since 1970: all their times lie before. */
  readonly now: number
  /** Other seeds, other users. Default 1. */
  readonly seed?: number
}

/**
 * Makes up users of the fictional domain example.com, logins `first.last.NUMBER@example.com` from 1. The same options
 * give the same users.
 */
export function generateUsers(options: GenerateOptions): SandboxUser[] {
  const { count, statuses = userStatuses, now, seed = 1 } = options
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, index) => {
    const wish = {
      status: statuses[index % statuses.length] ?? 'ACTIVE',
      id: null,
      login: (first: string, last: string) => `${first}.${last}.${index + 1}@example.com`.toLowerCase(),
      stagedWithPassword: index % 2 === 0,
      factorCount: index % 3,
      roles: [],
    }
    return makeUser(wish, now, random)
  })
}

/** The administrator to whom a sandbox's token belongs: ACTIVE, with the role that may do anything. */
export function makeAdministrator(login: string, now: number, random: Random): SandboxUser {
  const wish = { status: 'ACTIVE', id: null, stagedWithPassword: false, factorCount: 1 } as const
  return makeUser({ ...wish, login: () => login, roles: ['SUPER_ADMIN'] }, now, random)
}

/** An org of made-up users, with an administrator who owns its one token. */
export function generateOrg(options: GenerateOptions): OrgState {
  const administrator = makeAdministrator('admin@example.com', options.now, seededRandom(options.seed ?? 0))
  return {
    version: 1,
    users: [administrator, ...generateUsers(options)],
    tokens: [{ value: defaultToken, owner: administrator.id }],
    calls: [],
  }
}
