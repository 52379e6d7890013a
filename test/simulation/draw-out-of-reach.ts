import type { Action } from '../../src/okta/actions.ts'
import type { Draws } from './draws.ts'
import { numbers, plainRow, plainStory, plainUser } from './plain-story.ts'
import type { Fault, Heir, RowSpec, Scenario, UserSpec } from './scenario.ts'

/** Some more rows than are read from the input before the first of them has ended, with one slot. */
const outOfReachCount = 60
/** So many that a probe, which tries every so many-th row, comes upon the first one of whoever is within reach. */
const inReachCount = 27

/**
 * The same story where the first rows are of users whom the token may not touch, as in a list that begins with the
 * administrators. The few others have several rows each. Whoever comes before the turn is tried by a probe, in one
 * execution after another.
 */
export function drawOutOfReach(scenario: Scenario, draws: Draws): Scenario {
  const outOfReach = numbers(outOfReachCount + draws.pick('more out of reach', [0, 0, 1, 2])).map((number) =>
    plainUser('Far', number, 'ACTIVE'),
  )
  const [status, actions] = draws.pick('story within reach', stories)
  const others = numbers(draws.pick('within reach', [1, 1, 2])).map((number) =>
    plainUser('Near', number, status),
  )
  const heirs = draws.chance('heir within reach', 0.2) ? others.slice(0, 1).map(heirOf) : []
  const rows = drawRows(draws, outOfReach, others, actions)
  return {
    ...scenario,
    ...plainStory,
    users: [...outOfReach, ...others, ...heirs.map(() => newcomer)],
    rows,
    steps: null,
    respondAsync: false,
    sendEmail: false,
    readFirst: true,
    concurrency: 1,
    limits: { lifecycle: 600, reads: 1000 },
    faults: drawFaults(draws),
    disturbances: numbers(draws.int('stops', 1, 3)).map((number) => ({
      process: number - 1,
      afterApplied: 1,
      afterMs: draws.pick('stopped within', [20, 300, 600]) * draws.next('stopped after'),
      kind: draws.pick('how stopped', ['SIGINT', 'SIGKILL', 'SIGKILL', 'power'] as const),
      ms: 200,
    })),
    heirs,
    denials: [
      {
        afterApplied: null,
        fromMs: 0,
        toMs: draws.pick('out of reach for', [60_000, 36_000_000, 36_000_000]),
        users: outOfReach.map(({ id }) => id),
        what: 'send',
      },
    ],
    moves: draws.pick('moves within reach', [
      ['resume', 'resume', 'resume'],
      ['resume', 'resume', 'retry'],
    ] as const),
  }
}

/** What the rows of each user within reach ask for, one after another and again; each of them has something to do. */
const stories: readonly (readonly [UserSpec['status'], readonly Action[]])[] = [
  ['PROVISIONED', ['reactivate']],
  ['ACTIVE', ['reset_factors']],
  ['ACTIVE', ['suspend', 'unsuspend']],
]

function drawRows(
  draws: Draws,
  outOfReach: readonly UserSpec[],
  others: readonly UserSpec[],
  actions: readonly Action[],
): RowSpec[] {
  const count = inReachCount + draws.pick('more rows within reach', [0, 0, 1, 2])
  const inReach = numbers(count).map(() => draws.pick('whose row', others))
  // The last row of an input is what a probe tries first.
  const last = draws.chance('last out of reach', 0.8) ? outOfReach.slice(0, 1) : []
  const before = new Map<string, number>()
  return [...outOfReach, ...inReach, ...last].map(({ id, login }, index) => {
    const turn = before.get(id) ?? 0
    before.set(id, turn + 1)
    const action = outOfReach.some((user) => user.id === id) ? 'suspend' : actions[turn % actions.length]
    const user = draws.pick('key within reach', [login, login, id])
    return { ...plainRow({ id, login }, index, action ?? 'suspend'), user }
  })
}

function drawFaults(draws: Draws): Fault[] {
  return numbers(30)
    .filter((number) => number > 10 && draws.chance('lost within reach', 0.2))
    .map((number) => ({ of: 'POST', number, kind: 'lost_answer', clockMs: 0 }))
}

/** To whom the login of somebody within reach is given. */
const newcomer = plainUser('Newcomer', 1, 'ACTIVE')

function heirOf({ id }: UserSpec): Heir {
  return { of: id, id: newcomer.id, afterApplied: 1, atMs: 5 }
}
