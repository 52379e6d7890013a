import type { Draws } from './draws.ts'
import { numbers, plainRun, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run ends, or is cut off. Then an older copy of its journal or of all of it is put back, or the disk damages the journal, and
 * the run is taken back from what is left of it.
 */
export function drawUndoOlder(scenario: Scenario, draws: Draws): Scenario {
  const users = numbers(draws.int('users taken back', 3, 12)).map((number) =>
    plainUser('Back', number, 'ACTIVE'),
  )
  const isCutOff = draws.chance('the run is cut off', 0.6)
  return {
    ...plainRun(scenario, users, 'suspend'),
    respondAsync: false,
    readFirst: true,
    inDoubt: 'keep',
    again: false,
    verify: null,
    concurrency: draws.int('rows taken back at once', 1, 3),
    disturbances: isCutOff
      ? [
          {
            process: 0,
            afterApplied: draws.int('cut off after', 1, users.length),
            afterMs: draws.between('cut off at', 0, 1_000),
            kind: draws.pick('cut off by', ['SIGKILL', 'SIGINT'] as const),
            ms: 200,
          },
        ]
      : [],
    moves: [
      draws.pick('what is older', ['cut_before_undo', 'copy_before_undo'] as const),
      'undo',
      'undo',
      'resume',
    ],
  }
}
