import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * The same story where the token may not touch some users for a while, so that at the end of a step nothing but their rows
 * is left, and a call of the next step is tried. The process dies about the time at which that one is answered.
 */
export function drawStepOver(scenario: Scenario, draws: Draws): Scenario {
  const outOfReach = numbers(draws.int('held in the step', 1, 4)).map((number) =>
    plainUser('Far', number, 'ACTIVE'),
  )
  const inReach = numbers(draws.int('done in the step', 1, 3)).map((number) =>
    plainUser('Near', number, 'ACTIVE'),
  )
  const users = draws.chance('held first', 0.5) ? [...outOfReach, ...inReach] : [...inReach, ...outOfReach]
  return {
    ...scenario,
    ...plainStory,
    users,
    rows: users.map((user, index) => plainRow(user, index, 'suspend')),
    steps: ['suspend', 'unsuspend'],
    order: 'step',
    respondAsync: false,
    sendEmail: false,
    readFirst: true,
    concurrency: 1,
    limits: { lifecycle: 600, reads: 1000 },
    disturbances: [
      {
        process: 0,
        // One call of each in the first step, and then the one that is tried.
        afterApplied: inReach.length + 1,
        afterMs: 90 * draws.next('dies after the answer'),
        kind: draws.pick('how it dies', ['SIGKILL', 'SIGKILL', 'SIGKILL', 'power'] as const),
        ms: 200,
      },
    ],
    denials: [
      {
        afterApplied: null,
        fromMs: 0,
        toMs: draws.between('held until', 1_000, 3_000),
        users: outOfReach.map(({ id }) => id),
        what: draws.pick('what is held', ['send', 'send', 'read'] as const),
      },
    ],
    moves: ['resume', 'resume', 'resume'],
  }
}
