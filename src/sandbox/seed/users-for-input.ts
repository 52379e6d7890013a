import type { Action } from '../../okta/actions.ts'
import type { UserStatus } from '../../okta/status.ts'
import type { SavedGroup } from '../org/groups.ts'
import { defaultToken, type OrgState } from '../org/org-state.ts'
import { foldLogin, shortNameOf } from '../users/login.ts'
import type { SandboxUser } from '../users/user.ts'
import { generateUsers, makeAdministrator } from './generate-users.ts'
import { makeUser } from './make-user.ts'
import { seededRandom } from './random.ts'
import { type StartingPoint, startingPointFor, startingPointsIn } from './starting-point.ts'

/** What the org needs to know about a row of an input. */
export interface SeedRow {
  /** An id, a login, or a login's short name, trimmed. */
  readonly user: string
  readonly actions: readonly Action[]
}

/** How to make the org around an input's users. */
export interface InputSeedOptions {
  /** Milliseconds since 1970: all times in the org are earlier. */
  readonly now: number
  /** Users that the input does not name. Default 12. */
  readonly bystanders?: number
  /** Ids of groups that the org has. One bystander belongs to each. Default: none. */
  readonly groups?: readonly string[]
  /** Statuses in which most of the input's users begin; null (the default) for whichever suit their actions. */
  readonly onlyStatus?: readonly UserStatus[] | null
}

/** All rows of one key. */
interface NamedUser {
  readonly key: string
  readonly steps: { readonly row: number; readonly actions: readonly Action[] }[]
}

const userId = /^00u[A-Za-z0-9]{17}$/

// Every eighth user is already where the first action leads: an input is never quite up to date.
function isUpToDate(index: number): boolean {
  return index % 8 === 7
}

/** The logins that an org already has, with their short names, so that made-up ones differ from them. */
class TakenNames {
  readonly #names = new Set<string>()

  take(login: string): void {
    const folded = foldLogin(login)
    this.#names.add(folded)
    const shortName = shortNameOf(folded)
    if (shortName !== null) this.#names.add(shortName)
  }

  isFree(login: string): boolean {
    const folded = foldLogin(login)
    return !this.#names.has(folded) && !this.#names.has(shortNameOf(folded) ?? folded)
  }

  /** The first of `make(0)`, `make(1)`, … that is free; it is taken from then on. */
  free(make: (attempt: number) => string): string {
    let attempt = 0
    while (!this.isFree(make(attempt))) attempt += 1
    const login = make(attempt)
    this.take(login)
    return login
  }
}

async function gather(rows: AsyncIterable<SeedRow> | Iterable<SeedRow>): Promise<NamedUser[]> {
  const byKey = new Map<string, NamedUser>()
  let row = 0
  for await (const { user, actions } of rows) {
    row += 1
    const folded = userId.test(user) ? user : foldLogin(user)
    const known = byKey.get(folded)
    if (known === undefined) byKey.set(folded, { key: user, steps: [{ row, actions }] })
    else known.steps.push({ row, actions })
  }
  return [...byKey.values()]
}

function isShortName(key: string): boolean {
  return !key.includes('@') && !userId.test(key)
}

// In one input, `ann` and `ann@example.com` are the same user, unless another login begins with `ann@` too.
function joinShortNames(named: readonly NamedUser[]): NamedUser[] {
  const byLogin = new Map<string, NamedUser>()
  const logins = new Map<string, number>()
  for (const user of named) {
    if (!user.key.includes('@')) continue
    const login = foldLogin(user.key)
    const shortName = shortNameOf(login) ?? login
    byLogin.set(login, user)
    logins.set(shortName, (logins.get(shortName) ?? 0) + 1)
  }
  return named.filter((user) => {
    const shortName = foldLogin(user.key)
    const same = isShortName(user.key) ? byLogin.get(`${shortName}@example.com`) : undefined
    if (same === undefined || logins.get(shortName) !== 1) return true
    same.steps.push(...user.steps)
    return false
  })
}

// A short name becomes `name@example.com`, unless other logins share it: then it would be ambiguous. It becomes a login
// without a domain, which is found all the same, because Okta looks for a whole login first.
function loginsOf(named: readonly NamedUser[], taken: TakenNames): Map<string, string> {
  const logins = new Map<string, string>()
  for (const { key } of named) {
    if (!key.includes('@')) continue
    logins.set(key, key)
    taken.take(key)
  }
  for (const { key } of named) {
    if (!isShortName(key)) continue
    const login = taken.isFree(`${key}@example.com`) ? `${key}@example.com` : key
    logins.set(key, login)
    taken.take(login)
  }
  return logins
}

// Inputs repeat the same few sequences of actions many thousand times.
function startingPoints(
  onlyStatus: readonly UserStatus[] | null,
): (actions: readonly Action[], index: number) => StartingPoint {
  const known = new Map<string, StartingPoint>()
  const allowed = new Map<string, readonly StartingPoint[]>()
  return (actions, index) => {
    if (onlyStatus !== null && !isUpToDate(index)) {
      const key = actions.join()
      const starts = allowed.get(key) ?? startingPointsIn(onlyStatus, actions)
      allowed.set(key, starts)
      const start = starts[index % Math.max(1, starts.length)]
      if (start !== undefined) return start
    }
    const wanted = isUpToDate(index) ? 'unchanged' : 'succeeded'
    const key = `${wanted} ${actions.join()}`
    const start = known.get(key) ?? startingPointFor(actions, wanted)
    known.set(key, start)
    return start
  }
}

function actionsOf(user: NamedUser): readonly Action[] {
  return user.steps.toSorted((one, other) => one.row - other.row).flatMap((step) => step.actions)
}

function makeGroup(id: string, index: number, users: readonly SandboxUser[]): SavedGroup {
  const time = '2024-01-15T09:00:00.000Z'
  const member = users[index % Math.max(1, users.length)]
  return {
    id,
    type: 'OKTA_GROUP',
    name: `Group ${index + 1}`,
    description: null,
    created: time,
    lastUpdated: time,
    lastMembershipUpdated: time,
    roles: [],
    members: member === undefined ? [] : [member.id],
  }
}

/**
 * An org in which everything that the rows ask for can be carried out: each user starts in a status from which none of
 * the actions in all of the user's rows fails, if there is one. Rows whose keys differ only in letter case or
 * diacritics belong to the same user. The org also has bystanders, and an administrator who owns its one token.
 */
export async function usersForInput(
  rows: AsyncIterable<SeedRow> | Iterable<SeedRow>,
  options: InputSeedOptions,
): Promise<OrgState> {
  const { now, bystanders = 12, groups = [], onlyStatus = null } = options
  const named = joinShortNames(await gather(rows))
  const taken = new TakenNames()
  const logins = loginsOf(named, taken)
  const startOf = startingPoints(onlyStatus)
  const random = seededRandom(1)
  const users = named.map((user, index): SandboxUser => {
    const actions = actionsOf(user)
    const madeUp = (first: string, last: string): string =>
      taken.free((attempt) => `${first}.${last}.${index + 1 + attempt}@example.com`.toLowerCase())
    const wish = {
      ...startOf(actions, index),
      id: userId.test(user.key) ? user.key : null,
      login: (first: string, last: string) => logins.get(user.key) ?? madeUp(first, last),
      factorCount: actions.includes('reset_factors') ? 1 + (index % 2) : 0,
      roles: [],
    }
    return makeUser(wish, now, random)
  })
  const others = generateUsers({ count: bystanders, now, seed: 2 }).map((user, index) => {
    const login = taken.free((attempt) => `bystander.${index + 1 + attempt}@example.com`)
    return { ...user, profile: { ...user.profile, login, email: login } }
  })
  const adminLogin = taken.free((attempt) => `admin${attempt === 0 ? '' : attempt}@example.com`)
  const administrator = makeAdministrator(adminLogin, now, seededRandom(3))
  return {
    version: 1,
    users: [...users, ...others, administrator],
    ...(groups.length === 0 ? {} : { groups: groups.map((id, index) => makeGroup(id, index, others)) }),
    tokens: [{ value: defaultToken, owner: administrator.id }],
    calls: [],
  }
}
