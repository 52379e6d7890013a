import { type UserStatus, userStatuses } from '../../okta/status.ts'
import { defaultToken, type OrgSeed, type OrgState } from '../org/org-state.ts'
import type { SandboxUser } from '../users/user.ts'
import { makeUser } from './make-user.ts'
import { type Random, seededRandom } from './random.ts'
import { countedStatuses, dealtStatuses, type StatusCount } from './user-counts.ts'

/** Which users to make up. */
export interface GenerateOptions {
  /** How many, from 0; or how many of each status. */
  readonly count: number | readonly StatusCount[]
  /** When `count` is a number: the statuses that users get in turn. Default: all eight. */
  readonly statuses?: readonly UserStatus[]
  /** Milliseconds since 1970: all times of the users are earlier. */
  readonly now: number
  /** A different seed gives different users. Default 1. */
  readonly seed?: number
}

function statusesOf({ count, statuses = userStatuses }: GenerateOptions): Iterable<UserStatus> {
  return typeof count === 'number' ? dealtStatuses(count, statuses) : countedStatuses(count)
}

function totalOf({ count }: GenerateOptions): number {
  return typeof count === 'number' ? count : count.reduce((sum, one) => sum + one.count, 0)
}

/** As {@link generateUsers}, but one user after the other. */
function* makeUsers(options: GenerateOptions): Generator<SandboxUser> {
  const random = seededRandom(options.seed ?? 1)
  let number = 0
  for (const status of statusesOf(options)) {
    number += 1
    const ending = `.${number}@example.com`
    const wish = {
      status,
      id: null,
      login: (first: string, last: string) => `${first}.${last}${ending}`.toLowerCase(),
      stagedWithPassword: number % 2 === 1,
      factorCount: (number - 1) % 3,
      roles: [],
    }
    yield makeUser(wish, options.now, random)
  }
}

/**
 * Makes up users of the fictional domain example.com, logins `first.last.NUMBER@example.com` from 1. The same options
 * give the same users.
 */
export function generateUsers(options: GenerateOptions): SandboxUser[] {
  return [...makeUsers(options)]
}

/** The administrator to whom a sandbox's token belongs: ACTIVE, with the role that may do anything. */
export function makeAdministrator(login: string, now: number, random: Random): SandboxUser {
  const wish = { status: 'ACTIVE', id: null, stagedWithPassword: false, factorCount: 1 } as const
  return makeUser({ ...wish, login: () => login, roles: ['SUPER_ADMIN'] }, now, random)
}

/** An org of made-up users, with an administrator who owns its one token. The users are made when they are read. */
export function generateSeed(options: GenerateOptions): OrgSeed {
  const administrator = makeAdministrator('admin@example.com', options.now, seededRandom(options.seed ?? 0))
  function* users(): Generator<SandboxUser> {
    yield administrator
    yield* makeUsers(options)
  }
  return {
    users: { [Symbol.iterator]: users },
    expected: totalOf(options) + 1,
    tokens: [{ value: defaultToken, owner: administrator.id }],
    calls: [],
  }
}

/** {@link generateSeed} as a saved org. */
export function generateOrg(options: GenerateOptions): OrgState {
  const { users, tokens, calls } = generateSeed(options)
  return { version: 1, users: [...users], tokens, calls }
}
