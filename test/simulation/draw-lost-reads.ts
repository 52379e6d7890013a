import type { Draws } from './draws.ts'
import { numbers, plainRun, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run that loses the permission to read for good while some of its calls are in doubt. Users who were not read before
 * can't be read any more, and none can be looked at again. Often they are too few to show why.
 */
export function drawLostReads(scenario: Scenario, draws: Draws): Scenario {
  const users = numbers(draws.int('users of lost reads', 3, 40)).map((number) =>
    plainUser('Unread', number, 'ACTIVE'),
  )
  const done = draws.int('done before lost reads', 1, Math.max(1, users.length / 2))
  const lost = draws.int('calls in doubt at lost reads', 0, 10)
  return {
    ...plainRun(scenario, users, 'suspend'),
    verify: null,
    respondAsync: false,
    readFirst: true,
    concurrency: draws.pick('slots at lost reads', [1, 3, 10]),
    requestTimeoutS: 3,
    share: 1,
    faults: numbers(lost).map((number) => ({
      of: 'POST',
      number: done + number,
      kind: 'lost_answer',
      clockMs: 0,
    })),
    disturbances: [],
    denials: [
      {
        afterApplied: Math.min(users.length, done + lost),
        fromMs: draws.pick('reads lost after', [0, 0, 50, 300, 2_000]),
        toMs: 36_000_000,
        users: null,
        what: draws.pick('what is lost with reads', ['read', 'users'] as const),
      },
    ],
    moves: draws.pick('moves after lost reads', [
      ['resume', 'resume'],
      ['resume', 'retry'],
      ['retry', 'resume'],
    ] as const),
  }
}
