import { expect, test } from 'vitest'
import type { Action } from '../../src/okta/actions.ts'
import { drawOneWindow } from './draw-one-window.ts'
import { drawOutOfReach } from './draw-out-of-reach.ts'
import { drawScenario } from './draw-scenario.ts'
import { Draws } from './draws.ts'
import { play } from './play.ts'
import type { Scenario } from './scenario.ts'

function row(action: Action): Scenario['rows'][number] {
  const login = 'user0@example.com'
  return {
    ref: 'r0',
    user: login,
    id: '00uSim00000000000000',
    action,
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: null,
    sendEmail: null,
    login,
  }
}

/** One user and one row, in a world where nothing goes wrong. */
function calm(seed: number, changes: Partial<Scenario>): Scenario {
  const user = {
    id: '00uSim00000000000000',
    login: 'user0@example.com',
    status: 'ACTIVE',
    changedBefore: 1000,
    factors: 0,
    keepsFactor: false,
    role: null,
  } as const
  return {
    ...drawScenario(seed),
    users: [user],
    rows: [row('suspend')],
    format: 'csv',
    steps: null,
    readFirst: true,
    rules: { where: false, due: false, check: false, mail: false },
    protect: [],
    protectAdmins: false,
    planned: null,
    past: null,
    order: 'user',
    members: null,
    onlyStatus: null,
    share: 1,
    limits: { lifecycle: 600, reads: 1000 },
    orgConcurrency: 75,
    othersPerMinute: 0,
    stalls: false,
    untold: null,
    faults: [],
    disturbances: [],
    colleagues: [],
    undoneAfterMs: null,
    redoneAfterMs: null,
    again: false,
    denials: [],
    verify: null,
    hollow: [],
    moves: [],
    store: null,
    ...changes,
  }
}

/** Violations that histories from the same scenario and other seeds have. */
async function violationsOf(changes: (seed: number) => Partial<Scenario>): Promise<readonly string[]> {
  const found: string[] = []
  for (let seed = 1; seed <= 12; seed++) {
    const { violations } = await play(calm(seed, changes(seed)))
    found.push(...violations.map((violation) => `seed ${seed}: ${violation}`))
  }
  return found
}

test('a power cut never takes the runs directory of a job with it', async () => {
  const found = await violationsOf((seed) => ({
    disturbances: [{ process: 0, afterApplied: null, afterMs: 300 + seed * 40, kind: 'power', ms: 0 }],
  }))
  expect(found).toEqual([])
})

test('a power cut while a run is set up leaves a directory that the same command takes up', async () => {
  const found = await violationsOf((seed) => ({
    disturbances: [{ process: 0, afterApplied: null, afterMs: 2 + seed / 2, kind: 'power', ms: 0 }],
  }))
  expect(found).toEqual([])
})

test('an unlock that never arrived and is refused is not a success of ours', async () => {
  const found = await violationsOf(() => ({
    rows: [row('unlock')],
    faults: [{ of: 'POST', number: 1, kind: 'lost_request', clockMs: 0 }],
  }))
  expect(found).toEqual([])
})

test.each([
  ['a retry leaves out a row whose key names somebody else by now if nothing shows whom it meant', 40_350],
  ['a lost probe counts in the window in which it may arrive', 50_687],
  ['a lost probe is remembered as long as the window that it may have opened', 60_739],
  ['a call of a worker that only its silence made lose the run is waited for until its time limit', 60_433],
  ['nothing is sent by a short name after a loss if the job forbids it and the first read fails', 704_401],
  [
    'calls whose intents can not be written for seconds do not leave together before a limit is known',
    400_524,
  ],
  ['what a retried run whose journal is away has sent is not taken for nothing', 3_004_199],
  ['a probe under way as a window is seen that is over counts in the next one', 3_019_180],
  ['a permit that is given back long after it was taken leaves those of others counted', 3_019_584],
  ['whoever was not judged before a loss is judged after it, also once more', 4_006_348],
  ['what a retry knows of a lost call that was judged twice is no late application', 4_018_367],
  ['what a retried run has sent counts while the unsettled calls of its retry are settled', 713_610],
  ['a failure whose look-up is refused keeps calls from leaving until it is decided', 3_018_360],
  ['a directory that a killed start has left has its name on disk before the next start uses it', 10_013_875],
  ["a call that finds out that the machine has slept tells Okta's time by its answer", 20_000_845],
  ['a run sends nothing where the question before it was shown that nothing remains', 4_007_470],
  [
    'what was sent after this machine’s clock was set forward does not hide what was sent since',
    4_000_004_807,
  ],
  [
    'a deactivation that did not hold, and whose part of the journal is lost, may be sent again',
    4_000_010_952,
  ],
  [
    'a change by others that a run by a plan may have made in a lost part of its journal is its own',
    4_300_028_051,
  ],
  [
    'a permission that is lost with the last call of a step shows in the reads of whoever was shown',
    4_300_032_375,
  ],
  ['rows that need no call for the next step are asked about the one after it', 4_400_004_388],
  [
    'a time-out that a process could not write down, because it had lost the run, is waited for',
    5_700_009_856,
  ],
  ['whom an activation in a lost part of the journal went to is known by its link', 6_100_010_688],
  ['what a retry has done itself is no late application of a call that it took over', 6_000_012_387],
  ['a row has become due as another one was done, so that as many are not due as before', 6_000_010_218],
  ['an execution whose guards could not be read is no healthy one that does not end', 6_200_069_288],
  ['whoever begins to end a row as not due, and goes on later, takes no row for its repeat', 40_000_455],
])('%s', async (_what, seed) => {
  expect((await play(drawScenario(seed))).violations).toEqual([])
})

test.each([
  ['repeats a row that was done in an execution before', 2],
  ['comes between two rows that ask for the same', 35],
  ['has a login that has been given away since', 64],
])('a row that a probe tries before its turn, and that %s, is judged as at its turn', async (_what, seed) => {
  expect((await play(drawOutOfReach(drawScenario(seed), new Draws(seed)))).violations).toEqual([])
})

test.each([6, 8, 28])(
  'what a run has sent counts for its retry, also when that goes on (%i)',
  async (seed) => {
    expect((await play(drawOneWindow(drawScenario(seed), new Draws(seed)))).violations).toEqual([])
  },
)
