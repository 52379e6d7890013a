import type { Draws } from './draws.ts'
import { type Fault, noBounds, type RowSpec, type Scenario } from './scenario.ts'

/**
 * The same story with two rows for each user. Some of the first are refused for the moment. Some answers of the second are
 * lost, and somebody takes back at once what those calls did, so that nothing tells what became of them. A retry that takes
 * up the first must wait for the second.
 */
export function drawRefusedBeforeDoubt(scenario: Scenario, draws: Draws): Scenario {
  const users = scenario.users
    .slice(0, draws.int('users with two rows', 1, 4))
    .map((user) => ({ ...user, status: 'ACTIVE' as const, role: null }))
  const rowOf = (user: Scenario['users'][number], second: boolean): Omit<RowSpec, 'ref'> => ({
    user: user.id,
    id: user.id,
    login: user.login,
    action: second ? 'suspend' : 'deactivate',
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: null,
    sendEmail: null,
  })
  const rows = users
    .flatMap((user) => [rowOf(user, false), rowOf(user, true)])
    .map((row, index) => ({ ...row, ref: `r${index}` }))
  return {
    ...scenario,
    users,
    rows,
    format: 'csv',
    rules: { where: false, due: false, check: false, mail: false },
    steps: null,
    inDoubt: 'keep',
    respondAsync: false,
    links: false,
    readFirst: true,
    protect: [],
    members: null,
    onlyStatus: null,
    maxFailures: null,
    bounds: noBounds,
    concurrency: draws.pick('slots for two rows', [1, 3]),
    faults: drawFaults(draws, rows.length),
    disturbances: [],
    colleagues: [],
    undoneAfterMs: draws.int('taken back after', 0, 300),
    redoneAfterMs: null,
    heirs: [],
    denials: [],
    hollow: [],
    moves: ['retry', 'retry', 'resume'],
    planned: null,
    past: null,
  }
}

function drawFaults(draws: Draws, calls: number): Fault[] {
  return Array.from({ length: calls }, (_, index) => ({
    of: 'POST' as const,
    number: index + 1,
    kind: draws.pick('refused or lost', ['forbidden', 'lost_answer', null] as const),
    clockMs: 0,
  })).flatMap(({ kind, ...fault }) => (kind === null ? [] : [{ ...fault, kind }]))
}
