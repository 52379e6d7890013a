import type { Draws } from './draws.ts'
import type { RowSpec, Scenario, UserSpec } from './scenario.ts'

/**
 * The same story where the token may not touch some users for a while, so that at the end of a step nothing but their rows
 * is left, and a call of the next step is tried. The process dies about the time at which that one is answered.
 */
export function drawStepOver(scenario: Scenario, draws: Draws): Scenario {
  const outOfReach = numbers(draws.int('held in the step', 1, 4)).map((number) => userOf('Far', number))
  const inReach = numbers(draws.int('done in the step', 1, 3)).map((number) => userOf('Near', number))
  const users = draws.chance('held first', 0.5) ? [...outOfReach, ...inReach] : [...inReach, ...outOfReach]
  return {
    ...scenario,
    users,
    rows: users.map(rowOf),
    format: 'csv',
    rules: { where: false, due: false, check: false },
    steps: ['suspend', 'unsuspend'],
    order: 'step',
    respondAsync: false,
    sendEmail: false,
    links: false,
    readFirst: true,
    protect: [],
    protectAdmins: false,
    members: null,
    onlyStatus: null,
    maxFailures: null,
    concurrency: 1,
    limits: { lifecycle: 600, reads: 1000 },
    orgConcurrency: 75,
    othersPerMinute: 0,
    stalls: false,
    faults: [],
    disturbances: [
      {
        process: 0,
        // One call of each in the first step, and then the one that is tried.
        afterApplied: inReach.length + 1,
        afterMs: 90 * draws.next('dies after the answer'),
        kind: draws.pick('how it dies', ['SIGKILL', 'SIGKILL', 'SIGKILL', 'power'] as const),
        ms: 200,
      },
    ],
    colleagues: [],
    heirs: [],
    undoneAfterMs: null,
    redoneAfterMs: null,
    denials: [
      {
        afterApplied: null,
        fromMs: 0,
        toMs: draws.between('held until', 1_000, 3_000),
        users: outOfReach.map(({ id }) => id),
        what: draws.pick('what is held', ['send', 'send', 'read'] as const),
      },
    ],
    hollow: [],
    moves: ['resume', 'resume', 'resume'],
    planned: null,
    past: null,
  }
}

function userOf(name: string, number: number): UserSpec {
  return {
    id: `00u${name}${String(number).padStart(17 - name.length, '0')}`,
    login: `${name.toLowerCase()}${number}@example.com`,
    status: 'ACTIVE',
    changedBefore: 100_000,
    factors: 1,
    keepsFactor: false,
    role: null,
  }
}

function rowOf({ id, login }: UserSpec, index: number): RowSpec {
  return {
    ref: `r${index}`,
    user: login,
    id,
    login,
    action: 'suspend',
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: null,
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}
