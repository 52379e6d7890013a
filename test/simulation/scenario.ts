import { type Action, actionNames } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { Draws } from './draws.ts'

/** What goes wrong with one request: the n-th of its kind. */
export interface Fault {
  readonly of: 'POST' | 'GET'
  readonly number: number
  readonly kind: (typeof postFaults)[number]
  /** How far a proxy's clock is off. */
  readonly clockMs: number
}

const harmlessFaults = [
  'lost_request',
  'lost_answer',
  'hung',
  'proxy_before',
  'server_error',
  'strange_429',
  'portal',
  'bare_answer',
  'slow_answer',
  'refused_connection',
] as const
const postFaults = [
  ...harmlessFaults,
  'late_answer',
  'late_effect',
  'timeout_effect',
  'proxy_after',
  'server_error_after',
  'read_only',
] as const

interface UserSpec {
  readonly id: string
  readonly login: string
  readonly status: UserStatus
  /** Seconds before the world begins. */
  readonly changedBefore: number
  readonly factors: number
}

interface RowSpec {
  /** Unique over all rows; it comes back in reports and in `failed.csv`. */
  readonly ref: string
  readonly user: string
  /** The id that the key means. */
  readonly id: string
  readonly action: Action
}

/** Something that happens to a process or its machine, after so many ms of the process's life. */
export interface Disturbance {
  /** Which process, counted from 0. */
  readonly process: number
  readonly afterMs: number
  readonly kind:
    | 'SIGINT'
    | 'SIGTERM'
    | 'SIGKILL'
    | 'power'
    | 'pause'
    | 'full_disk'
    | 'read_only_disk'
    | 'clock_step'
    | 'rival'
  /** How long a pause or a trouble of the disk lasts, or how far a clock steps. */
  readonly ms: number
}

/** What somebody else does. After our n-th applied call to anybody, or at a time. */
interface Colleague {
  readonly afterApplied: number | null
  readonly atMs: number
  readonly user: string
  readonly action: Action | 'enrol'
}

/** While the token may do less. */
interface Denial {
  readonly fromMs: number
  readonly toMs: number
  /** Null for everybody. */
  readonly users: readonly string[] | null
  readonly what: 'read' | 'send'
}

/** What a person does once a process has ended. */
type Move = 'resume' | 'retry' | 'feed'

/** All that is drawn before a history begins. A smaller one can be made of it by leaving things out. */
export interface Scenario {
  readonly seed: number
  readonly users: readonly UserSpec[]
  readonly rows: readonly RowSpec[]
  /** Null where each row names its action. */
  readonly steps: readonly Action[] | null
  readonly inDoubt: 'keep' | 'retry'
  readonly respondAsync: boolean
  readonly protect: readonly string[]
  readonly share: number
  readonly concurrency: number
  readonly requestTimeoutS: number
  readonly limits: { readonly lifecycle: number; readonly reads: number }
  readonly orgConcurrency: number
  readonly orgClockMs: number
  readonly transitionMs: number
  readonly othersPerMinute: number
  readonly faults: readonly Fault[]
  readonly disturbances: readonly Disturbance[]
  readonly colleagues: readonly Colleague[]
  readonly denials: readonly Denial[]
  readonly moves: readonly Move[]
}

const statuses: readonly UserStatus[] = [
  'ACTIVE',
  'ACTIVE',
  'ACTIVE',
  'STAGED',
  'PROVISIONED',
  'SUSPENDED',
  'LOCKED_OUT',
  'DEPROVISIONED',
  'RECOVERY',
]

/** The user who owns the token. */
export const ownerId = '00uOwner000000000000'

/** Draws everything from a seed. */
export function drawScenario(seed: number): Scenario {
  const draws = new Draws(seed)
  const users = drawUsers(draws)
  const rows = drawRows(draws, users)
  const stormy = draws.chance('stormy', 0.3)
  const tight = draws.chance('tight', 0.15)
  return {
    seed,
    users,
    rows,
    steps: draws.chance('steps', 0.25) ? drawSteps(draws) : null,
    inDoubt: draws.chance('in doubt', 0.4) ? 'retry' : 'keep',
    respondAsync: draws.chance('async', 0.25),
    protect: draws.chance('protect', 0.3) ? [draws.pick('protected', users).login] : [],
    share: draws.pick('share', [0.5, 1, 0.3]),
    concurrency: draws.pick('concurrency', [1, 3, 10]),
    requestTimeoutS: draws.pick('timeout', [3, 10, 30]),
    limits: tight
      ? { lifecycle: draws.int('limit', 4, 30), reads: draws.int('read limit', 10, 60) }
      : { lifecycle: 600, reads: 1000 },
    orgConcurrency: draws.chance('crowded', 0.15) ? 2 : 75,
    orgClockMs: Date.UTC(2026, 2, 2, 10) + draws.int('org clock', -200_000, 200_000),
    transitionMs: draws.pick('transition', [300, 3_000, 20_000, 90_000]),
    othersPerMinute: draws.chance('others', 0.2) ? draws.int('others', 1, 10) : 0,
    faults: drawFaults(draws, rows.length, stormy ? 0.25 : draws.pick('faulty', [0, 0.04, 0.1])),
    disturbances: drawDisturbances(draws),
    colleagues: drawColleagues(draws, users),
    denials: drawDenials(draws, users),
    moves: drawMoves(draws),
  }
}

function drawUsers(draws: Draws): UserSpec[] {
  const count = draws.chance('many users', 0.15) ? draws.int('users', 15, 30) : draws.int('users', 1, 8)
  return Array.from({ length: count }, (_, index) => ({
    id: `00uSim${String(index).padStart(14, '0')}`,
    login: `user${index}@example.com`,
    status: draws.pick('status', statuses),
    changedBefore: draws.int('changed', 0, 100_000),
    factors: draws.int('factors', 0, 2),
  }))
}

function drawRows(draws: Draws, users: readonly UserSpec[]): RowSpec[] {
  const sameAction = draws.chance('same action', 0.5) ? draws.pick('the action', actionNames) : null
  const sorted = draws.chance('one row each', 0.5)
  const count = sorted ? users.length : draws.int('rows', 1, users.length * 2)
  return Array.from({ length: count }, (_, index) => {
    const user = sorted ? users[index] : draws.pick('row user', users)
    if (user === undefined) throw new Error('There is a row without a user.')
    const key = draws.pick('key', [user.id, user.login, user.login.toUpperCase()])
    return {
      ref: `r${index}`,
      user: key,
      id: user.id,
      action: sameAction ?? draws.pick('action', actionNames),
    }
  })
}

function drawSteps(draws: Draws): readonly Action[] {
  return draws.pick('which steps', [
    ['suspend', 'deactivate'],
    ['reset_factors', 'suspend'],
    ['activate', 'reactivate'],
    ['suspend', 'unsuspend', 'suspend'],
  ] as const)
}

function drawFaults(draws: Draws, rows: number, rate: number): Fault[] {
  const faults: Fault[] = []
  for (const of of ['POST', 'GET'] as const) {
    for (let number = 1; number <= rows * 4; number++) {
      if (!draws.chance(`fault ${of}`, of === 'POST' ? rate * 1.5 : rate / 2)) continue
      const kind = draws.pick(`kind ${of}`, of === 'POST' ? postFaults : harmlessFaults)
      faults.push({ of, number, kind, clockMs: draws.pick('proxy clock', [0, 120_000, -600_000]) })
    }
  }
  return faults
}

function drawDisturbances(draws: Draws): Disturbance[] {
  const kinds = [
    'SIGINT',
    'SIGTERM',
    'SIGKILL',
    'SIGKILL',
    'power',
    'power',
    'pause',
    'full_disk',
    'read_only_disk',
    'clock_step',
    'rival',
  ] as const
  const count = draws.chance('disturbed', 0.7) ? draws.int('disturbances', 1, 4) : 0
  return Array.from({ length: count }, (_, process) => ({
    process,
    // Early as often as late: much happens in the first moments.
    afterMs: draws.pick('span', [50, 500, 3_000, 40_000]) * draws.next('after'),
    kind: draws.pick('disturbance', kinds),
    ms: draws.pick('how long', [200, 5_000, 50_000, 120_000]),
  }))
}

function drawColleagues(draws: Draws, users: readonly UserSpec[]): Colleague[] {
  const count = draws.chance('colleagues', 0.3) ? draws.int('colleagues', 1, 4) : 0
  return Array.from({ length: count }, () => ({
    afterApplied: draws.chance('after ours', 0.6) ? draws.int('which applied', 1, 8) : null,
    atMs: draws.between('colleague', 0, draws.pick('colleague span', [900, 20_000])),
    user: draws.pick('whom', users).id,
    action: draws.pick('what', ['suspend', 'unsuspend', 'activate', 'deactivate', 'enrol'] as const),
  }))
}

function drawDenials(draws: Draws, users: readonly UserSpec[]): Denial[] {
  if (!draws.chance('denials', 0.2)) return []
  const fromMs = draws.pick('denied from', [0, 0, 500, 3_000])
  return [
    {
      fromMs,
      toMs: fromMs + draws.pick('denied for', [300, 5_000, 60_000, 3_600_000]),
      users: draws.chance('all denied', 0.3)
        ? null
        : users.filter((_, index) => index < users.length / 2).map(({ id }) => id),
      what: draws.pick('denied what', ['read', 'send'] as const),
    },
  ]
}

function drawMoves(draws: Draws): Move[] {
  return Array.from({ length: 3 }, () =>
    draws.pick('move', ['resume', 'resume', 'resume', 'retry', 'feed'] as const),
  )
}
