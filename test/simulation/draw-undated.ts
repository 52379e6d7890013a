import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * The same story where nothing tells the time at first, and the first calls are lost, or their answers: what became of them
 * can't be judged by when a factor was enrolled or a user was changed, a few minutes ago, as long as it is not known when
 * they left.
 */
export function drawUndated(scenario: Scenario, draws: Draws): Scenario {
  const action = draws.pick('action at an unknown time', [
    'reset_factors',
    'reset_factors',
    'suspend',
  ] as const)
  const status =
    action === 'suspend' ? draws.pick('suspended before', ['SUSPENDED', 'ACTIVE'] as const) : 'ACTIVE'
  const users = numbers(draws.int('users at an unknown time', 1, 6)).map((number) => ({
    ...plainUser('Undated', number, status),
    changedBefore: draws.int('changed before an unknown time', 1, 400),
  }))
  const readFirst = action !== 'suspend'
  return {
    ...scenario,
    ...plainStory,
    users,
    rows: users.map((user, index) => plainRow(user, index, action)),
    steps: null,
    order: 'user',
    readFirst,
    limits: { lifecycle: 600, reads: 1000 },
    untold: { answers: draws.int('answers at an unknown time', 1, 4 + 3 * users.length), limitsToo: true },
    faults: numbers(users.length)
      .filter(() => draws.chance('lost at an unknown time', 0.7))
      .map((number) => ({
        of: 'POST',
        number,
        kind: draws.pick('loss at an unknown time', ['lost_request', 'lost_answer', 'late_effect'] as const),
        clockMs: 0,
      })),
    disturbances: scenario.disturbances.slice(0, draws.int('disturbed at an unknown time', 0, 1)),
  }
}
