import { type Action, actionNames } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { drawFlicker } from './draw-flicker.ts'
import { drawLostHead } from './draw-lost-head.ts'
import { drawLostReads } from './draw-lost-reads.ts'
import { drawManyFail } from './draw-many-fail.ts'
import { drawMixedCopy } from './draw-mixed-copy.ts'
import { drawNotDue } from './draw-not-due.ts'
import { drawOneWindow } from './draw-one-window.ts'
import { drawOutOfReach } from './draw-out-of-reach.ts'
import { drawRefusedBeforeDoubt } from './draw-refused-before-doubt.ts'
import { drawRemovedHolds } from './draw-removed-holds.ts'
import { drawRepeated } from './draw-repeated.ts'
import { drawRunBefore } from './draw-run-before.ts'
import { drawStepOver } from './draw-step-over.ts'
import { drawStore } from './draw-store.ts'
import { drawUndated } from './draw-undated.ts'
import { drawUndoOlder } from './draw-undo-older.ts'
import { Draws } from './draws.ts'
import { fewestKnown } from './planned.ts'
import {
  type Bounds,
  type Colleague,
  type Denial,
  type Disturbance,
  type Fault,
  type Heir,
  harmlessFaults,
  type Move,
  noBounds,
  ownerId,
  postFaults,
  type RowSpec,
  type Scenario,
  type UserSpec,
} from './scenario.ts'

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

/** Draws everything from a seed. A quarter of the histories are those of a store, and some have a theme of their own. */
export function drawScenario(seed: number): Scenario {
  const draws = new Draws(seed)
  const scenario = drawInDirectory(seed, draws)
  if (draws.chance('in a store', 0.25)) return drawStore(scenario, draws)
  if (draws.chance('refused before a doubt', 0.02)) return drawRefusedBeforeDoubt(scenario, draws)
  if (draws.chance('flickering permission', 0.04)) return drawFlicker(scenario, draws)
  if (draws.chance('out of reach first', 0.012)) return drawOutOfReach(scenario, draws)
  if (draws.chance('in one window', 0.02)) return drawOneWindow(scenario, draws)
  if (draws.chance('a step is over', 0.02)) return drawStepOver(scenario, draws)
  if (draws.chance('first row not due', 0.02)) return drawNotDue(scenario, draws)
  if (draws.chance('head lost', 0.02)) return drawLostHead(scenario, draws)
  if (draws.chance('mixed copy', 0.02)) return drawMixedCopy(scenario, draws)
  if (draws.chance('run before', 0.015)) return drawRunBefore(scenario, draws)
  if (draws.chance('repeated', 0.012)) return drawRepeated(scenario, draws)
  if (draws.chance('many fail', 0.008)) return drawManyFail(scenario, draws)
  if (draws.chance('undated', 0.015)) return drawUndated(scenario, draws)
  if (draws.chance('lost reads', 0.015)) return drawLostReads(scenario, draws)
  if (draws.chance('two at a journal', 0.01)) return drawRemovedHolds(scenario, draws)
  return draws.chance('undo of an older copy', 0.015) ? drawUndoOlder(scenario, draws) : scenario
}

function drawInDirectory(seed: number, draws: Draws): Scenario {
  // Somebody takes back at once what we do, in the second in which the users were changed, and answers are lost.
  const contrary = draws.chance('contrary', 0.04)
  const contraryAction = draws.pick('contrary action', ['suspend', 'suspend', 'reset_factors'] as const)
  const tight = draws.chance('tight', 0.2)
  // Many answers come late, some after their window has ended.
  const sluggish = tight && draws.chance('sluggish', 0.3)
  // The token loses its permission for everybody in mid-run.
  const lost = !contrary && draws.chance('permission lost', 0.03)
  // It loses it near the end of a step, which few of those who are left in it show.
  const lostInStep = lost && draws.chance('lost in a step', 0.5)
  const users = drawUsers(draws, { contrary, isPlain: contrary || lostInStep, many: sluggish || lost })
  const readFirst = !draws.chance('no read', 0.1)
  const rules = {
    where: draws.chance('where', 0.1),
    due: draws.chance('due', 0.12),
    check: readFirst && draws.chance('check', 0.1),
    mail: draws.chance('mail by row', 0.12),
  }
  const heirs =
    readFirst && !rules.check && !lostInStep && draws.chance('heirs', 0.08) ? drawHeirs(draws, users) : []
  const rows = drawRows(draws, users, {
    ...rules,
    readFirst,
    hasHeirs: heirs.length > 0,
    isPlain: lostInStep,
    action: contrary ? contraryAction : null,
  })
  const stormy = draws.chance('stormy', 0.3)
  const links = draws.chance('links', 0.2)
  const planned = readFirst && !contrary && draws.chance('planned', 0.12)
  const past = !planned && mayBeOld(rows, rules) && draws.chance('past', 0.15) ? drawPast(draws) : null
  const moves = drawMoves(draws)
  const undone = contrary
    ? contraryAction === 'suspend' || draws.chance('enrolled', 0.5)
    : draws.chance('undone', moves.includes('undo') ? 0.2 : 0.03)
  const limits = tight
    ? { lifecycle: draws.int('limit', 4, 30), reads: draws.int('read limit', 10, 60) }
    : { lifecycle: 600, reads: 1000 }
  // Without any time, a job whose rows become due stops at each start.
  const untold = draws.chance('untold', 0.07) ? drawUntold(draws, !tight && !rules.due) : null
  const others = draws.chance('others', tight && !sluggish ? 0.5 : 0.1)
    ? draws.int('others', 1, draws.pick('busy', [10, 60]))
    : 0
  return {
    seed,
    users: [...users, ...heirs.map((heir) => drawHeir(draws, heir))],
    rows,
    format: draws.chance('workbook', rules.due ? 0.4 : 0.08) ? 'xlsx' : 'csv',
    ownDates: rules.due && draws.chance('own dates', 0.5),
    steps: !contrary && (draws.chance('steps', 0.25) || lostInStep) ? drawSteps(draws) : null,
    goesOn: [1, 2].filter(() => draws.chance('goes on', 0.2)),
    inDoubt: draws.chance('in doubt', 0.4) ? 'retry' : 'keep',
    respondAsync: draws.chance('async', 0.25),
    sendEmail: links ? false : draws.pick('send email', [null, null, true, false]),
    links,
    readFirst,
    shortNames: draws.chance('short names', 0.5),
    rules,
    protect: readFirst && draws.chance('protect', 0.3) ? [drawProtected(draws, users)] : [],
    protectAdmins: draws.pick('admins', [null, null, true, false]),
    members: draws.chance('members', 0.15)
      ? users.map(({ id }) => id).filter(() => draws.chance('member', 0.3))
      : null,
    onlyStatus:
      readFirst && draws.chance('only status', 0.1) ? ['ACTIVE', draws.pick('only', statuses)] : null,
    maxFailures: draws.chance('bounded', 0.15) ? draws.int('failures borne', 0, 2) : null,
    bounds: planned || past !== null ? noBounds : drawBounds(draws, rows),
    sameNames: draws.chance('same names', 0.5),
    share: sluggish ? 0.5 : draws.pick('share', [0.5, 1, 0.3]),
    concurrency: sluggish ? 10 : draws.pick('concurrency', [1, 3, 10]),
    requestTimeoutS: draws.pick('timeout', [3, 10, 30]),
    limits,
    orgConcurrency: draws.chance('crowded', 0.15) ? 2 : 75,
    orgClockMs: Date.UTC(2026, 2, 2, 10) + draws.int('org clock', -200_000, 200_000),
    untold,
    transitionMs: draws.pick('transition', [300, 3_000, 20_000, 90_000]),
    stalls: draws.chance('stalls', 0.06),
    // Who knows Okta's time to a minute only may come late into each window, and finds nothing that others could use up.
    othersPerMinute:
      untold === null ? others : Math.min(others, Math.floor(Math.min(limits.lifecycle, limits.reads) / 2)),
    faults: contrary
      ? drawSame(
          draws,
          'POST',
          rows.length * (contraryAction === 'suspend' ? 1 : 4),
          'lost_answer',
          contraryAction === 'suspend' ? 0.4 : 0.7,
        )
      : sluggish
        ? [
            ...drawSame(draws, 'POST', rows.length * 4, 'slow_answer', 0.25),
            ...drawSame(draws, 'GET', rows.length * 4, 'slow_answer', 0.25),
          ]
        : drawFaults(draws, rows.length, stormy ? 0.25 : draws.pick('faulty', [0, 0.04, 0.1])),
    disturbances: sluggish ? [] : draws.chance('sleepy', 0.04) ? drawSleeps(draws) : drawDisturbances(draws),
    colleagues: drawColleagues(draws, users),
    heirs,
    undoneAfterMs: undone ? draws.int('undone after', 0, 300) : null,
    redoneAfterMs:
      undone && !contrary && draws.chance('redone', 0.5) ? draws.int('redone after', 3_100, 6_000) : null,
    denials: lost
      ? [drawLoss(draws, lostInStep ? users.length - draws.int('left in the step', 1, 9) : null)]
      : drawDenials(draws, users),
    verify: draws.chance('verify', 0.3) ? draws.pick('verified', [true, { for: '5s' }, false]) : null,
    hollow: draws.chance('hollow', 0.08) ? [1, 2, 3, 4].filter(() => draws.chance('hollow call', 0.5)) : [],
    moves,
    planned: planned ? drawChanges(draws, users) : null,
    past,
    again: draws.chance('again', 0.3),
    order: draws.chance('by step', 0.4) || lostInStep ? 'step' : 'user',
    store: null,
  }
}

/** Where limits are not told, no share is kept: only at the beginning, and only where there is plenty. */
function drawUntold(draws: Draws, mayLackLimits: boolean): Scenario['untold'] {
  const limitsToo = mayLackLimits && draws.chance('limits untold', 0.6)
  return {
    answers: limitsToo ? draws.int('answers untold', 1, 12) : draws.pick('untold', [3, 30, 10_000]),
    limitsToo,
  }
}

function drawBounds(draws: Draws, rows: readonly RowSpec[]): Bounds {
  const keys = new Set(rows.map(({ user }) => user)).size
  return {
    ...noBounds,
    users: draws.chance('users bounded', 0.06) ? draws.int('most users', 1, keys + 1) : null,
    durationS: draws.chance('duration bounded', 0.06) ? draws.int('longest', 1, 100) : null,
  }
}

/** Some are changed by others after the plan. */
function drawChanges(draws: Draws, users: readonly UserSpec[]): NonNullable<Scenario['planned']> {
  return users
    .filter(() => draws.chance('changed since', 0.4))
    .map(({ id, status }) => ({
      user: id,
      action: status === 'ACTIVE' ? 'suspend' : status === 'SUSPENDED' ? 'unsuspend' : 'deactivate',
    }))
}

function drawPast(draws: Draws): Scenario['past'] {
  return draws.pick('kind of past', ['old', 'old', 'usual'] as const)
}

/** Whether every row is certainly acted on, and by enough different keys that an old input is known for one. */
function mayBeOld(rows: readonly RowSpec[], { where, due }: Scenario['rules']): boolean {
  const isPlain = ({ user, bad }: RowSpec): boolean => bad === null && /@|^00u/i.test(user)
  return (
    !where &&
    !due &&
    rows.every(isPlain) &&
    new Set(rows.map(({ user }) => user.toLowerCase())).size >= fewestKnown
  )
}

/** An entry of the job's list of protected users. */
function drawProtected(draws: Draws, users: readonly UserSpec[]): string {
  const { id, login } = draws.pick('protected', users)
  return draws.pick('protected as', [login, login.toUpperCase(), id, `*${login.slice(4)}`])
}

function drawUsers(
  draws: Draws,
  job: { readonly contrary: boolean; readonly isPlain: boolean; readonly many: boolean },
): UserSpec[] {
  const count = draws.chance('many users', job.many ? 1 : 0.15)
    ? draws.int('users', 15, 30)
    : draws.int('users', 1, 8)
  return Array.from({ length: count }, (_, index) => ({
    id: `00uSim${String(index).padStart(14, '0')}`,
    login: `user${index}@example.com`,
    status: job.isPlain ? 'ACTIVE' : draws.pick('status', statuses),
    // Some were changed in this second.
    changedBefore: draws.chance('just changed', job.contrary ? 1 : 0.2)
      ? draws.between('just', 0, 0.9)
      : draws.int('changed', 0, 100_000),
    factors: draws.int('factors', 0, 2),
    keepsFactor: draws.chance('keeps a factor', job.contrary ? 0.3 : 0.05),
    role: draws.chance('admin', 0.1) ? draws.pick('role', ['own', 'own', 'through_group'] as const) : null,
  }))
}

function drawRows(
  draws: Draws,
  users: readonly UserSpec[],
  job: {
    readonly action: Action | null
    readonly check: boolean
    readonly due: boolean
    readonly where: boolean
    readonly mail: boolean
    readonly readFirst: boolean
    /** Whether logins are given away, which matters to several rows with one login. */
    readonly hasHeirs: boolean
    /** Whether each user has one row. */
    readonly isPlain: boolean
  },
): RowSpec[] {
  const sameAction =
    job.action ?? (draws.chance('same action', 0.5) ? draws.pick('the action', actionNames) : null)
  const sorted = (draws.chance('one row each', 0.5) && !job.hasHeirs) || job.isPlain
  const untidy = draws.chance('untidy', 0.12)
  const withShortNames = draws.chance('rows by short names', 0.15)
  const count = sorted ? users.length : draws.int('rows', 1, users.length * 2)
  return Array.from({ length: count }, (_, index) => {
    const isNobody = untidy && draws.chance('nobody', 0.2)
    const user = isNobody
      ? { id: `00uGone${String(index).padStart(13, '0')}`, login: `gone${index}@example.com` }
      : draws.chance('owner', untidy ? 0.15 : 0.01)
        ? { id: ownerId, login: 'owner@example.com' }
        : sorted
          ? users[index]
          : draws.pick('row user', users)
    if (user === undefined) throw new Error('There is a row without a user.')
    const { id, login } = user
    const short = login.split('@')[0] ?? ''
    const logins = [login, login.toUpperCase()]
    const names = job.hasHeirs
      ? [...logins, id, ...(withShortNames ? [short, short] : logins)]
      : withShortNames
        ? [id, short]
        : [id, ...logins]
    const bad = untidy && draws.chance('bad row', 0.3) ? draws.pick('bad', ['key', 'cells'] as const) : null
    const key = bad === 'key' ? draws.pick('bad key', badKeys(login)) : draws.pick('key', names)
    return {
      ref: `r${index}`,
      user: job.readFirst || bad !== null ? key : id,
      id,
      action: sameAction ?? draws.pick('action', actionNames),
      bad,
      isNobody,
      selected: !job.where || draws.chance('selected', 0.7),
      dueMs: job.due ? draws.int('due at', -100, 60) * 1000 : null,
      sendEmail: job.mail ? draws.pick('mail of a row', [true, false, null]) : null,
      login: job.check && draws.chance('wrong login', 0.3) ? `not-${login}` : login,
    }
  })
}

function badKeys(login: string): readonly string[] {
  return ['', 'me', '.', 'N/A', `${login}@example.org`, `mailto:${login}`, `../${login}`, `user 1`]
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

/** Faults of one kind alone. */
function drawSame(draws: Draws, of: Fault['of'], most: number, kind: Fault['kind'], rate: number): Fault[] {
  return Array.from({ length: most }, (_, index) => index + 1)
    .filter(() => draws.chance(`${kind} of ${of}`, rate))
    .map((number) => ({ of, number, kind, clockMs: 0 }))
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
    'rival',
    'stolen',
    'next_run',
    'overtaken',
    'links_moved',
    'links_moved',
    'journal_away',
  ] as const
  const count = draws.chance('disturbed', 0.7) ? draws.int('disturbances', 1, 4) : 0
  return Array.from({ length: count }, (_, process) => ({
    process,
    // Much happens in the moments around an applied call.
    afterApplied: draws.chance('at a call', 0.5) ? draws.int('at which call', 1, 5) : null,
    // Early as often as late: much happens in the first moments.
    afterMs: draws.pick('span', [50, 500, 3_000, 40_000]) * draws.next('after'),
    kind: draws.chance('sleeps', 0.1)
      ? 'sleep'
      : draws.chance('holds removed', 0.08)
        ? 'holds_removed'
        : draws.pick('disturbance', kinds),
    ms: draws.pick('how long', [200, 5_000, 50_000, 120_000]),
  }))
}

/** The machine sleeps while the first processes are at work. */
function drawSleeps(draws: Draws): Disturbance[] {
  return Array.from({ length: draws.int('sleeps', 1, 3) }, (_, process) => ({
    process,
    afterApplied: draws.int('sleeps at call', 1, 3),
    afterMs: draws.pick('falls asleep within', [50, 500, 3_000]) * draws.next('falls asleep'),
    kind: 'sleep',
    ms: draws.pick('sleeps for', [20_000, 50_000, 120_000, 600_000]),
  }))
}

function drawColleagues(draws: Draws, users: readonly UserSpec[]): Colleague[] {
  const count = draws.chance('colleagues', 0.3) ? draws.int('colleagues', 1, 4) : 0
  return Array.from({ length: count }, () => ({
    afterApplied: draws.chance('after ours', 0.6) ? draws.int('which applied', 1, 8) : null,
    atMs: draws.between('colleague', 0, draws.pick('colleague span', [200, 900, 20_000])),
    user: draws.pick('whom', users).id,
    action: draws.pick('what', ['suspend', 'unsuspend', 'activate', 'deactivate', 'enrol'] as const),
  }))
}

function drawHeirs(draws: Draws, users: readonly UserSpec[]): Heir[] {
  const whose = users.filter((_, index) => index === 0 || draws.chance('has an heir', 0.3))
  return whose.map((user, index) => ({
    of: user.id,
    id: `00uHeir${String(index).padStart(13, '0')}`,
    afterApplied: draws.chance('heir after ours', 0.7)
      ? draws.int('which applied before the heir', 1, 8)
      : null,
    atMs: draws.between('heir', 0, draws.pick('heir span', [200, 900, 20_000])),
  }))
}

/** An heir before the login is given. */
function drawHeir(draws: Draws, { id }: Heir): UserSpec {
  const login = `${id.toLowerCase()}@example.com`
  const status = draws.pick('status of an heir', statuses)
  return { id, login, status, changedBefore: 100_000, factors: 1, keepsFactor: false, role: null }
}

/** @param afterApplied after which applied call; null for any time */
function drawLoss(draws: Draws, afterApplied: number | null): Denial {
  const fromMs = afterApplied === null ? draws.int('lost from', 500, 6_000) : 0
  const what = draws.pick('what is lost', ['users', 'users', 'send'] as const)
  return {
    afterApplied,
    fromMs,
    toMs: fromMs + draws.pick('lost for', [20_000, 3_600_000]),
    users: null,
    what,
  }
}

function drawDenials(draws: Draws, users: readonly UserSpec[]): Denial[] {
  if (!draws.chance('denials', 0.2)) return []
  const fromMs = draws.pick('denied from', [0, 0, 500, 3_000])
  return [
    {
      afterApplied: null,
      fromMs,
      toMs: fromMs + draws.pick('denied for', [300, 5_000, 60_000, 3_600_000]),
      users: draws.chance('all denied', 0.3)
        ? null
        : users.filter((_, index) => index < users.length / 2).map(({ id }) => id),
      what: draws.pick('denied what', ['read', 'send', 'users', 'users', 'owner'] as const),
    },
  ]
}

function drawMoves(draws: Draws): Move[] {
  const undoes = draws.chance('undoes', 0.2)
  return Array.from({ length: 3 }, () => {
    const move = draws.pick('move', ['resume', 'resume', 'resume', 'retry', 'feed'] as const)
    if (draws.chance('older journal', 0.04)) return 'cut'
    return undoes && draws.chance('undo', 0.6) ? 'undo' : move
  })
}
