import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import { noBounds, type Scenario } from './scenario.ts'

/** So many rows that a rate of failures is judged, and more and more of them fail: from some row on, Okta refuses most. */
export function drawManyFail(scenario: Scenario, draws: Draws): Scenario {
  const goodFor = draws.int('good rows', 20, 45)
  const users = numbers(draws.int('rows in all', 90, 120)).map((number) =>
    plainUser('Fail', number, number > goodFor && draws.chance('fails', 0.8) ? 'DEPROVISIONED' : 'ACTIVE'),
  )
  return {
    ...scenario,
    ...plainStory,
    users,
    // Without a read before it, only Okta's refusal shows a failure.
    rows: users.map((user, index) => ({ ...plainRow(user, index, 'suspend'), user: user.id })),
    readFirst: false,
    steps: null,
    order: 'user',
    goesOn: [],
    respondAsync: false,
    shortNames: false,
    verify: null,
    share: 1,
    concurrency: draws.pick('concurrency of failures', [1, 3, 10]),
    limits: { lifecycle: 600, reads: 1000 },
    bounds: { ...noBounds, failureRate: draws.pick('rate of failures', [0.1, 0.25, 0.4]) },
    disturbances: [],
    moves: ['resume'],
    again: false,
  }
}
