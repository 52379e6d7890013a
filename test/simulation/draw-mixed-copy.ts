import type { Draws } from './draws.ts'
import { traceless } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is killed, or stopped. Then some of its files are put back from a copy that was made while it was at work, or just
 * before, and perhaps one is lost; and somebody goes on without knowing what that means.
 */
export function drawMixedCopy(scenario: Scenario, draws: Draws): Scenario {
  const story = traceless(scenario, draws, { what: 'of a mixed copy', name: 'Mixed' })
  const { users } = story
  return {
    ...story,
    again: false,
    concurrency: draws.int('rows of a mixed copy at once', 1, 3),
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
