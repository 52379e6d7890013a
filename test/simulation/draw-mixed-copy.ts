import type { Draws } from './draws.ts'
import { traceless } from './plain-story.ts'
import type { Scenario } from './scenario.ts'

/**
 * A run is killed, or stopped. Then some of its files are put back from a copy that was made while it was at work, or just
 * before, and perhaps one is lost; and somebody goes on without knowing what that means. Or the copy is of that stop, and an
 * execution after it has died as well.
 */
export function drawMixedCopy(scenario: Scenario, draws: Draws): Scenario {
  const story = traceless(scenario, draws, { what: 'of a mixed copy', name: 'Mixed' })
  const { users } = story
  const isOfStop = draws.chance('copy of an earlier stop', 0.4)
  // An execution is to be left for after the stop.
  const most = isOfStop ? Math.ceil(users.length / 2) : users.length
  return {
    ...story,
    again: false,
    concurrency: draws.int('rows of a mixed copy at once', 1, 3),
    disturbances: (isOfStop ? [0, 1] : [0]).map((process) => ({
      process,
      afterApplied:
        process === 0
          ? draws.int('ends after', 1, most)
          : draws.int('ends once more after', most, users.length),
      afterMs: draws.between(process === 0 ? 'ends at' : 'ends once more at', 0, isOfStop ? 100 : 1_000),
      kind: draws.pick(process === 0 ? 'ends by' : 'ends once more by', [
        'SIGKILL',
        'SIGKILL',
        'SIGINT',
      ] as const),
      ms: 200,
    })),
    moves: [...(isOfStop ? (['backed_up'] as const) : []), 'mixed_copy', 'resume', 'resume'],
  }
}
