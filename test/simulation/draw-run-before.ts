import type { Draws } from './draws.ts'
import { traceless } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is stopped, or its token may not do all of it, and a retry does the rest. Then the run is restored as it was before
 * the retry, and somebody goes on from that copy: nobody may be acted on once more.
 */
export function drawRunBefore(scenario: Scenario, draws: Draws): Scenario {
  const story = traceless(scenario, draws, { what: 'of a run before', name: 'Before' })
  const { users } = story
  const isDenied = draws.chance('some are denied at first', 0.5)
  return {
    ...story,
    again: false,
    concurrency: draws.int('rows of a run before at once', 1, 3),
    denials: isDenied
      ? [{ afterApplied: null, fromMs: 0, toMs: 5_000, users: [users[0]?.id ?? ''], what: 'send' }]
      : [],
    disturbances: isDenied
      ? []
      : [
          {
            process: 0,
            afterApplied: draws.int('stops after', 1, users.length),
            afterMs: draws.between('stops at', 0, 1_000),
            kind: draws.pick('stops by', ['SIGKILL', 'SIGINT', 'SIGTERM'] as const),
            ms: 200,
          },
        ],
    moves: draws.chance('retried twice', 0.4)
      ? ['retry', 'retry', 'run_before', 'run_before', 'resume']
      : ['retry', 'run_before', 'run_before', 'resume'],
  }
}
