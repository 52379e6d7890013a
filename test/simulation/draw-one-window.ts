import type { Draws } from './draws.ts'
import { plainRow, plainStory } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * The same story where one command follows another within a window of the rate limit: what each has sent counts for all
 * that go on from it.
 */
export function drawOneWindow(scenario: Scenario, draws: Draws): Scenario {
  const users = Array.from({ length: draws.int('users in one window', 15, 25) }, (_, index) => ({
    id: `00uSim${String(index).padStart(14, '0')}`,
    login: `user${index}@example.com`,
    status: 'ACTIVE' as const,
    changedBefore: 100_000,
    factors: 0,
    keepsFactor: false,
    role: null,
  }))
  return {
    ...scenario,
    ...plainStory,
    users,
    rows: users.map((user, index) => ({ ...plainRow(user, index, 'suspend'), user: user.id })),
    steps: null,
    share: 0.5,
    concurrency: draws.pick('slots in one window', [1, 3]),
    limits: { lifecycle: draws.int('limit of one window', 12, 30), reads: 1000 },
    disturbances: [0, 1, 2].map((process) => ({
      process,
      afterApplied: draws.chance('stopped at a call', process === 0 ? 1 : 0.5)
        ? draws.int('stopped at which call', 1, 5)
        : null,
      afterMs: draws.pick('stopped soon', [5, 300, 2_000]) * draws.next('stopped at'),
      kind: draws.pick('stopped how', ['SIGKILL', 'SIGKILL', 'SIGINT'] as const),
      ms: 0,
    })),
    moves: draws.pick('moves in one window', [
      ['retry', 'resume', 'resume'],
      ['retry', 'retry', 'resume'],
      ['undo', 'resume', 'resume'],
      ['resume', 'undo', 'resume'],
    ] as const),
    again: false,
  }
}
