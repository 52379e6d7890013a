import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is killed, or stopped, and an older copy of its journal is put back. The file beside it, which says how far the
 * journal was, is lost as well: nothing shows that the copy is older.
 */
export function drawLostHead(scenario: Scenario, draws: Draws): Scenario {
  const action = draws.pick('action forgotten', ['reset_factors', 'reactivate'] as const)
  const status = action === 'reactivate' ? 'PROVISIONED' : 'ACTIVE'
  const users = numbers(draws.int('users forgotten', 3, 12)).map((number) =>
    plainUser('Forgotten', number, status),
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
    concurrency: draws.int('rows at once', 1, 3),
    limits: { lifecycle: 600, reads: 1000 },
    disturbances: [
      {
        process: 0,
        afterApplied: draws.int('dies after', 1, users.length),
        afterMs: draws.between('dies at', 0, 1_000),
        kind: draws.pick('dies by', ['SIGKILL', 'SIGKILL', 'SIGINT'] as const),
        ms: 200,
      },
    ],
    moves: ['cut_with_head', 'resume'],
  }
}
