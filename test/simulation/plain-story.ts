import type { Draws } from './draws.ts'
import { noBounds, type RowSpec, type Scenario, type UserSpec } from './scenario.ts'

/** A world in which nothing goes wrong by itself, and a job without rules: what a theme begins with. */
export const plainStory = {
  format: 'csv',
  rules: { where: false, due: false, check: false, mail: false },
  links: false,
  protect: [],
  protectAdmins: false,
  members: null,
  onlyStatus: null,
  maxFailures: null,
  bounds: noBounds,
  orgConcurrency: 75,
  othersPerMinute: 0,
  stalls: false,
  untold: null,
  faults: [],
  colleagues: [],
  heirs: [],
  undoneAfterMs: null,
  redoneAfterMs: null,
  denials: [],
  hollow: [],
  planned: null,
  past: null,
} as const satisfies Partial<Scenario>

/** A user of a theme, named by it. */
export function plainUser(name: string, number: number, status: UserSpec['status']): UserSpec {
  return {
    id: `00u${name}${String(number).padStart(17 - name.length, '0')}`,
    login: `${name.toLowerCase()}${number}@example.com`,
    status,
    changedBefore: 100_000,
    factors: 1,
    keepsFactor: false,
    role: null,
  }
}

/** A row of a user, by login. */
export function plainRow(
  { id, login }: Pick<UserSpec, 'id' | 'login'>,
  index: number,
  action: RowSpec['action'],
): RowSpec {
  return {
    ref: `r${index}`,
    user: login,
    id,
    login,
    action,
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: null,
    sendEmail: null,
  }
}

/** 1 to `count`. */
export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

/** The same story without anything of its own: each user has one row, with one action. */
export function plainRun(
  scenario: Scenario,
  users: readonly UserSpec[],
  action: RowSpec['action'],
): Scenario & typeof plainStory {
  return {
    ...scenario,
    ...plainStory,
    users,
    rows: users.map((user, index) => plainRow(user, index, action)),
    steps: null,
    order: 'user',
    limits: { lifecycle: 600, reads: 1000 },
  }
}

/**
 * A run of an action that leaves no trace in the status, so that whatever is done twice shows. Nothing goes wrong by
 * itself.
 *
 * @param what names the draws
 * @param name names the users
 */
export function traceless(
  scenario: Scenario,
  draws: Draws,
  { what, name }: { what: string; name: string },
): Scenario {
  const action = draws.pick(`action ${what}`, ['reset_factors', 'reactivate'] as const)
  const status = action === 'reactivate' ? 'PROVISIONED' : 'ACTIVE'
  const users = numbers(draws.int(`users ${what}`, 3, 12)).map((number) => plainUser(name, number, status))
  return {
    ...plainRun(scenario, users, action),
    respondAsync: false,
    sendEmail: false,
    readFirst: true,
    inDoubt: 'keep',
  }
}
