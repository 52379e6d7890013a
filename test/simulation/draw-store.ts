import type { Draws } from './draws.ts'
import {
  type Disturbance,
  type Fault,
  type Move,
  noBounds,
  type Scenario,
  type StoreSpec,
} from './scenario.ts'

const kinds = [
  'SIGTERM',
  'SIGINT',
  'SIGKILL',
  'SIGKILL',
  'SIGKILL',
  'pause',
  'pause',
  'pause',
  'store_away',
  'store_away',
  'store_away',
  'answers_lost',
  'answers_lost',
  'clock_step',
  'rival',
] as const

const mostRowsWhereTight = 8

/** The same story where its runs are kept in a store: the world is as bad, and other things happen to the processes. */
export function drawStore(inDirectory: Scenario, draws: Draws): Scenario {
  const scenario = draws.chance('busy', 0.7) ? busy(inDirectory, draws) : inDirectory
  const isTight = draws.chance('tight store', 0.4)
  const isRefused = draws.chance('a token is refused', 0.1)
  return {
    ...scenario,
    format: 'csv',
    planned: null,
    past: null,
    again: false,
    links: false,
    maxFailures: null,
    bounds: noBounds,
    // Each of them takes many steps there.
    rows: isTight ? scenario.rows.slice(0, mostRowsWhereTight) : scenario.rows,
    limits: isTight
      ? { lifecycle: draws.pick('store limit', [4, 8, 30]), reads: draws.int('store read limit', 20, 60) }
      : scenario.limits,
    untold: isTight && scenario.untold?.limitsToo === true ? null : scenario.untold,
    concurrency: draws.pick('concurrency in a store', [1, 1, 3, 10]),
    disturbances: drawDisturbances(draws),
    moves: scenario.moves.map(moveOf),
    store: {
      workers: Array.from({ length: draws.int('workers', 2, 3) }, (_, index) =>
        index === 0 ? 0 : draws.between('worker begins', 0, draws.pick('begins within', [500, 20_000])),
      ),
      restartMs: draws.pick('restart', [500, 20_000, 100_000]),
      runsAtOnce: draws.int('runs at once', 1, 2),
      parts: isRefused ? 3 : draws.pick('parts', [1, 1, 2, 3]),
      isOneJob: !isRefused && draws.chance('one job', 0.15),
      slowMs: draws.pick('slow store', [50, 50, 2_000, 9_000]),
      lost: draws.pick('lost answers', [0, 0, 0.01, 0.05]),
      unheard: draws.pick('unheard', [0, 0.3, 1]),
      repeated: draws.pick('repeated', [0, 0.5]),
      refused: isRefused ? drawRefused(draws) : null,
    },
  }
}

/** In many worlds little is left to do. In this one there is a call to send for nearly every row. */
function busy(scenario: Scenario, draws: Draws): Scenario {
  const users = Array.from({ length: draws.int('busy users', 4, 16) }, (_, index) => ({
    id: `00uBusy${String(index).padStart(13, '0')}`,
    login: `busy${index}@example.com`,
    status: 'ACTIVE' as const,
    changedBefore: 1_000,
    factors: 1,
    keepsFactor: false,
    role: null,
  }))
  const actions = ['suspend', 'deactivate', 'reset_factors'] as const
  const rows = users.map(({ id, login }, index) => ({
    ref: `busy${index}`,
    user: draws.pick('named by', [id, login]),
    id,
    action: draws.pick('busy action', actions),
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: null,
    sendEmail: null,
    login,
  }))
  const isOverdue = draws.chance('overdue', 0.3)
  return {
    ...scenario,
    ...(isOverdue ? { requestTimeoutS: 30, faults: drawOverdue(draws, rows.length) } : {}),
    users,
    rows,
    steps: null,
    order: 'user',
    readFirst: true,
    rules: { where: false, due: false, check: false, mail: false },
    protect: [],
    protectAdmins: null,
    members: null,
    onlyStatus: null,
    colleagues: [],
    heirs: [],
    denials: [],
    hollow: [],
    undoneAfterMs: null,
    redoneAfterMs: null,
    othersPerMinute: 0,
  }
}

/** Calls that Okta carries out long after they have left. */
function drawOverdue(draws: Draws, count: number): Fault[] {
  return Array.from({ length: count * 2 }, (_, index) => index + 1)
    .filter(() => draws.chance('is overdue', 0.3))
    .map((number) => ({
      of: 'POST',
      number,
      kind: draws.pick('overdue fault', ['late_effect', 'timeout_effect', 'late_answer'] as const),
      clockMs: 0,
    }))
}

/** From the beginning, or in mid-run; and for so long that the worker asks more than once. */
function drawRefused(draws: Draws): StoreSpec['refused'] {
  const fromMs = draws.pick('refused from', [0, 0, 300, 2_000, 10_000]) * draws.next('refused after')
  const worker = draws.int('who is refused', 0, 1)
  return { worker, fromMs, toMs: fromMs + draws.pick('refused for', [1_000, 100_000, 600_000]) }
}

/** What a person does with a run of a store. */
function moveOf(move: Move): Move {
  return move === 'retry' || move === 'undo' ? move : 'resume'
}

function drawDisturbances(draws: Draws): Disturbance[] {
  const count = draws.chance('store disturbed', 0.85) ? draws.int('store disturbances', 1, 5) : 0
  return Array.from({ length: count }, () => ({
    process: draws.int('whom', 0, 4),
    afterApplied: draws.chance('at a call of a worker', 0.7) ? draws.int('at which call of it', 1, 8) : null,
    afterMs: draws.pick('store span', [50, 500, 3_000, 40_000]) * draws.next('after in store'),
    kind: draws.chance('a worker sleeps', 0.1) ? 'sleep' : draws.pick('store disturbance', kinds),
    ms: draws.pick('how long in store', [200, 5_000, 14_000, 20_000, 30_000, 50_000, 200_000]),
  }))
}
