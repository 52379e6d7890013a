import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { RowSpec, Scenario } from './scenario.ts'

/**
 * A user has two rows that ask for the same: the first one, by the login, is not due for a long time, and the other one, by
 * the id, is due. The disk is slow, and the power fails while such rows end, so some have ended only in part.
 */
export function drawNotDue(scenario: Scenario, draws: Draws): Scenario {
  const users = numbers(draws.int('twice named', 3, 8)).map((number) => plainUser('Twice', number, 'ACTIVE'))
  const rows = users.flatMap((user, index): readonly RowSpec[] => [
    { ...plainRow(user, 2 * index, 'reset_factors'), dueMs: draws.int('due later', 600_000, 900_000) },
    {
      ...plainRow({ ...user, login: user.id }, 2 * index + 1, 'reset_factors'),
      login: user.login,
      dueMs: -60_000,
    },
  ])
  return {
    ...scenario,
    ...plainStory,
    rules: { ...plainStory.rules, due: true },
    users,
    rows,
    steps: draws.pick('steps not due', [
      ['reset_factors', 'suspend'],
      ['suspend', 'unsuspend'],
      ['reset_factors', 'suspend', 'deactivate'],
    ] as const),
    order: 'user',
    respondAsync: false,
    sendEmail: false,
    readFirst: true,
    concurrency: draws.int('rows at once', 1, 3),
    stalls: true,
    limits: { lifecycle: 600, reads: 1000 },
    disturbances: [
      {
        process: 0,
        // Rows that are not due end before the first call, while others are read.
        afterApplied: null,
        afterMs: draws.between('dies at', 100, 30_000),
        kind: 'power',
        ms: 200,
      },
    ],
    moves: ['resume', 'resume'],
  }
}
