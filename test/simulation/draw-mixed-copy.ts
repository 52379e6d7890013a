import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is killed, or stopped. Then some of its files are put back from a copy that was made while it was at work, or just
 * before, and perhaps one is lost; and somebody goes on without knowing what that means.
 */
export function drawMixedCopy(scenario: Scenario, draws: Draws): Scenario {
  const action = draws.pick('action of a mixed copy', ['reset_factors', 'reactivate'] as const)
  const status = action === 'reactivate' ? 'PROVISIONED' : 'ACTIVE'
  const users = numbers(draws.int('users of a mixed copy', 3, 12)).map((number) =>
    plainUser('Mixed', number, status),
  )
  return {
    ...scenario,
    ...plainStory,
    users,
    rows: users.map((user, index) => plainRow(user, index, action)),
    steps: null,
    order: 'user',
    respondAsync: false,
    sendEmail: false,
    readFirst: true,
    inDoubt: 'keep',
    again: false,
    concurrency: draws.int('rows of a mixed copy at once', 1, 3),
    limits: { lifecycle: 600, reads: 1000 },
    disturbances: [
      {
        process: 0,
        afterApplied: draws.int('ends after', 1, users.length),
        afterMs: draws.between('ends at', 0, 1_000),
        kind: draws.pick('ends by', ['SIGKILL', 'SIGKILL', 'SIGINT'] as const),
        ms: 200,
      },
    ],
    moves: ['mixed_copy', 'resume', 'resume'],
  }
}
