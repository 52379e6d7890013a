import type { Draws } from './draws.ts'
import { traceless } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is killed, or stopped, and an older copy of its journal is put back. The file beside it, which says how far the
 * journal was, is lost as well: nothing shows that the copy is older.
 */
export function drawLostHead(scenario: Scenario, draws: Draws): Scenario {
  const story = traceless(scenario, draws, { what: 'forgotten', name: 'Forgotten' })
  const { users } = story
  return {
    ...story,
    concurrency: draws.int('rows at once', 1, 3),
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
