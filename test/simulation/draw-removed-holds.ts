import type { Draws } from './draws.ts'
import { numbers, plainRun, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * Somebody takes the holds of a process at work for the remains of a dead one, and removes them. Another process goes on with
 * the run at once, so that for a moment both write to its journal. A call may run into its time limit meanwhile, and its
 * process be unable to say so.
 */
export function drawRemovedHolds(scenario: Scenario, draws: Draws): Scenario {
  const users = numbers(draws.int('users of removed holds', 10, 40)).map((number) =>
    plainUser('Held', number, 'ACTIVE'),
  )
  return {
    ...plainRun(
      scenario,
      users,
      draws.pick('action at removed holds', ['reset_factors', 'suspend'] as const),
    ),
    verify: false,
    respondAsync: false,
    readFirst: draws.chance('reads at removed holds', 0.5),
    concurrency: draws.pick('slots at removed holds', [3, 10]),
    share: 1,
    requestTimeoutS: 30,
    faults: draws.chance('a call at removed holds takes long', 0.4)
      ? [
          {
            of: 'POST',
            number: draws.int('which call at removed holds', 1, 12),
            kind: 'timeout_effect',
            clockMs: 0,
          },
        ]
      : [],
    disturbances: [
      {
        process: 0,
        afterApplied: draws.int('holds removed after', 1, 5),
        afterMs: draws.next('holds removed in') * 100,
        kind: 'holds_removed',
        ms: draws.pick('the other comes in', [0, 200, 5_000]),
      },
    ],
    moves: draws.pick('moves after removed holds', [['resume', 'resume'], ['resume']] as const),
  }
}
