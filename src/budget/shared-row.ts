// Over 300 lines, because the row and all that changes it stand beside the numbered rules that they keep.

import { answered, type BudgetAnswer, sent } from './budget-events.ts'
import { type BudgetState, newBudget, type Permit, redated } from './budget-state.ts'
import type { LedgerFacts, Need } from './ledger.ts'
import { grantInTurn, takenAfter } from './turns.ts'

/**
 * The budget of one bucket for all runs that share it, as one value. Whoever asks takes it, changes it by
 * {@link leaseFrom} and puts it back, under a lock: nobody else changes it meanwhile.
 *
 * - **B1** A permit is granted only while the total of the window, of all holders together, is under the share of the
 *   run that asks.
 * - **B2** A permit is out until its holder says what became of it. If the holder dies or leaves first, the permit counts
 *   as lost: it stays spent in its window, and the request may still arrive in the next.
 * - **B3** An ask that is repeated, because its answer did not arrive, changes nothing and gets the same permits.
 * - **B4** Runs that wait take turns: see `turns.ts`.
 * - **B5** Okta's time never goes back from one ask to the next. Each holder knows only a lower bound of it, and one with
 *   few answers may be a second behind the others. As a share is spread over its window, they would have taken by then
 *   all that it sees, and with so few answers its bound would not get better.
 * - **B6** An answer is not older than its permit, however far its holder is behind. Otherwise it would seem to come from
 *   before the end of a window that is over.
 * - **B7** No holder sends with a permit that it has had for as long as `usedWithinMs`, by its own clocks: it gives it back.
 *   Others take it for dead only later, so that what they count as lost (B2) had left by then, if it ever did.
 *
 * Two clocks: budgets go by Okta's, as the holders know it; signs of life go by the clock of the database, which is the
 * same for all holders.
 */
export interface SharedRow {
  /** The budget without a share: each run brings its own. */
  readonly budget: Omit<BudgetState, 'share'>
  /** Okta's time at the last ask of a holder who knew it (B5), and the database's then; null if none has known it. */
  readonly clock: { readonly okta: number; readonly database: number } | null
  /** Grows with each grant and each newcomer. */
  readonly turns: number
  readonly holders: Readonly<Record<string, RowHolder>>
}

/** An execution that uses the row. All times by the database's clock, in epoch ms. */
export interface RowHolder {
  readonly seenAt: number
  /** The number of its last ask, and the permits that this has got it. */
  readonly ask: number
  readonly granted: { readonly calls: number; readonly probes: number }
  /** Permits that it has out, by kind. */
  readonly calls: number
  readonly probes: number
  /** How much of the window with this reset it has taken. */
  readonly taken: { readonly reset: number; readonly count: number }
  /** Lower for those who have had nothing for longer. */
  readonly turn: number
  readonly workLeft: number
  readonly silent: number
  readonly waiting: RowWait | null
}

/** What a holder waits for. */
export interface RowWait {
  readonly share: number
  readonly want: number
  /** Since when it has waited without getting anything. */
  readonly since: number
  readonly askedAt: number
}

/** Something that a holder tells. `now` by Okta's clock; null if the holder did not know that clock then. */
export type RowEvent =
  | {
      readonly kind: 'settled'
      readonly permit: Permit
      readonly answer: BudgetAnswer
      readonly now: number | null
    }
  | { readonly kind: 'resent'; readonly count: number; readonly now: number | null }

/** `workLeft` and `silent` count only with a `want`. */
export interface RowAsk extends Need {
  /** Names the run and the execution. */
  readonly holder: string
  /** One more with each ask that is not a repetition. */
  readonly number: number
  readonly share: number
  /** How many permits it wants; null to tell only, and to go on waiting as before. */
  readonly want: number | null
  /** What has happened since the ask before, in order. */
  readonly events: readonly RowEvent[]
  /** Whether it asks for the last time. */
  readonly leaves: boolean
  /** Okta's time; it counts only if the holder knows Okta's clock. */
  readonly now: number
  readonly clockKnown: boolean
}

export interface Leased {
  readonly row: SharedRow
  readonly permits: readonly Permit[]
  /** The budget afterwards, with the share of the run that asked. */
  readonly state: BudgetState
  /** The time that counted as Okta's. */
  readonly now: number
}

/**
 * After this time without a sign a holder is dead. By then its claim on the run has ended (15 s), and what permits it has
 * are too old to be used (B7), so that it can't send any more. A holder gives a sign with every ask, and every few seconds
 * as long as it waits or has permits out.
 */
const deadAfterMs = 20_000

/** If two holders differ by more than this about Okta's time, one of them is wrong, and nobody knows which. */
const clocksDifferMs = 5_000

/** A row that nobody has used, as the first run that asks knows the bucket. */
export function newRow({ share, earlierSends, earlierLimit, earlierUnknown }: FirstFacts): SharedRow {
  const { share: _, ...budget } = newBudget(share, earlierSends, earlierLimit, earlierUnknown)
  return { budget, clock: null, turns: 0, holders: {} }
}

/** {@link LedgerFacts} of one bucket. */
export type FirstFacts = Pick<LedgerFacts, 'share'> &
  Pick<BudgetState, 'earlierSends' | 'earlierLimit' | 'earlierUnknown'>

/**
 * Takes in what a holder tells, and grants what it may have now.
 *
 * @param database the database's time
 */
export function leaseFrom(before: SharedRow, ask: RowAsk, database: number): Leased {
  const now = oktaTime(before, ask, database)
  const known = before.holders[ask.holder]
  if (known?.ask === ask.number) {
    const row = withHolder(before, ask.holder, { ...known, seenAt: database })
    return { row, permits: permitsOf(known.granted, row), state: { ...row.budget, share: ask.share }, now }
  }
  const buried = withoutDead(datedBy(before, ask, database), ask.holder, now, database)
  const row = takeIn(buried, ask, now, database)
  const holder = row.holders[ask.holder]
  if (holder === undefined) return { row, permits: [], state: { ...row.budget, share: ask.share }, now }
  const count = ask.want === null ? 0 : grantInTurn(row, ask.holder, now, database)
  return grant(row, ask, holder, count, now, database)
}

/** The row once somebody knows Okta's time: until then it was dated by the database's. */
function datedBy(row: SharedRow, ask: RowAsk, database: number): SharedRow {
  if (row.clock !== null || !ask.clockKnown) return row
  const { share: _, ...budget } = redated(budgetOf(row, 1), ask.now - database)
  return { ...row, budget }
}

/** The budget as the share sees it. */
function budgetOf(row: SharedRow, share: number): BudgetState {
  return { ...row.budget, share }
}

function grant(
  row: SharedRow,
  ask: RowAsk,
  holder: RowHolder,
  count: number,
  now: number,
  database: number,
): Leased {
  let state = budgetOf(row, ask.share)
  let probes = 0
  for (let i = 0; i < count; i++) {
    const next = sent(state, now)
    state = next.state
    if (next.permit.probe) probes++
  }
  const { share: _, ...budget } = state
  const granted = { calls: count - probes, probes }
  const { waiting } = holder
  const after: RowHolder = {
    ...holder,
    granted,
    taken: takenAfter(holder, budget.window, count),
    calls: holder.calls + count - probes,
    probes: holder.probes + probes,
    ...(count === 0
      ? {}
      : {
          turn: row.turns,
          waiting:
            waiting === null || waiting.want <= count
              ? null
              : { ...waiting, want: waiting.want - count, since: database },
        }),
  }
  const turns = count === 0 ? row.turns : row.turns + 1
  return {
    row: withHolder({ ...row, budget, turns }, ask.holder, after),
    permits: permitsOf(granted, row),
    state,
    now,
  }
}

/**
 * Okta's time (B5). A holder that has heard nothing from Okta yet knows only the clock of its machine, which may be wrong;
 * the row has a better one if anybody has known it before. Until somebody does, the database's is the same for all.
 */
function oktaTime({ clock }: SharedRow, ask: RowAsk, database: number): number {
  if (clock === null) return ask.clockKnown ? ask.now : database
  if (!ask.clockKnown) return clock.okta + Math.max(0, database - clock.database)
  return clock.okta - ask.now > clocksDifferMs ? ask.now : Math.max(ask.now, clock.okta)
}

/** B2. Nobody but the others can notice that a holder is dead: whoever asks is alive. */
function withoutDead(row: SharedRow, asker: string, now: number, database: number): SharedRow {
  let state = budgetOf(row, 1)
  const alive: [string, RowHolder][] = []
  for (const [name, holder] of Object.entries(row.holders)) {
    // A clock that was set back must not keep a dead holder alive.
    if (name === asker || Math.abs(database - holder.seenAt) <= deadAfterMs) {
      alive.push([name, holder])
      continue
    }
    state = withLost(state, row, holder, now)
  }
  const { share: _, ...budget } = state
  return { ...row, budget, holders: Object.fromEntries(alive) }
}

/** B2. What a holder has out is lost. */
function withLost(state: BudgetState, row: SharedRow, out: RowHolder['granted'], now: number): BudgetState {
  let after = state
  for (const permit of permitsOf(out, row)) after = answered(after, permit, { kind: 'lost' }, now)
  return after
}

/** Notes who asks, and applies what it tells. */
function takeIn(row: SharedRow, ask: RowAsk, now: number, database: number): SharedRow {
  const known = row.holders[ask.holder]
  let state = budgetOf(row, ask.share)
  let { calls, probes } = known ?? { calls: 0, probes: 0 }
  let resent = 0
  let unused = 0
  let settled = 0
  for (const event of ask.events) {
    const at = event.now ?? now
    if (event.kind === 'resent') {
      resent += event.count
      for (let resend = 0; resend < event.count; resend++) {
        const next = sent(state, at)
        state = answered(next.state, next.permit, { kind: 'nothing_learned' }, at)
      }
      continue
    }
    settled++
    const { permit, answer } = event
    const answeredAt = Math.max(at, permit.grantedAt ?? at)
    const isOut = permit.probe ? probes > 0 : calls > 0
    state = isOut ? answered(state, permit, answer, answeredAt) : heardLate(state, answer, answeredAt)
    if (isOut && answer.kind === 'unused') unused++
    if (isOut && permit.probe) probes--
    else if (isOut) calls--
  }
  if (ask.leaves) state = withLost(state, row, { calls, probes }, now)
  const { share: _, ...budget } = state
  const told = { ...row, budget, clock: ask.clockKnown ? { okta: now, database } : row.clock }
  if (ask.leaves) return withoutHolder(told, ask.holder)
  const holder: RowHolder = {
    seenAt: database,
    ask: ask.number,
    granted: { calls: 0, probes: 0 },
    calls,
    probes,
    taken: takenAfter(known, budget.window, resent - unused),
    turn: known?.turn ?? row.turns,
    ...needOf(known, ask, settled),
    waiting: waitOf(known?.waiting ?? null, ask, database),
  }
  const turns = known === undefined ? row.turns + 1 : row.turns
  return withHolder({ ...told, turns }, ask.holder, holder)
}

/** What comes from a holder that was taken for dead: its permit counts as lost already, but its headers are news. */
function heardLate(state: BudgetState, answer: BudgetAnswer, now: number): BudgetState {
  if (answer.kind !== 'answered' && answer.kind !== 'rate_limited') return state
  return answered({ ...state, inFlight: state.inFlight + 1 }, { probe: false }, answer, now)
}

function waitOf(before: RowWait | null, ask: RowAsk, database: number): RowWait | null {
  if (ask.want === 0) return null
  if (ask.want === null) return before
  return { share: ask.share, want: ask.want, since: before?.since ?? database, askedAt: database }
}

/**
 * Who only tells something needs what it needed before.
 *
 * @param settled how many of its permits it says have come back. Any of them may have been counted as silent before, and a
 *   request that has not left must not be taken for a silent one.
 */
function needOf(known: Need | undefined, ask: RowAsk, settled: number): Need {
  if (ask.want === null && known === undefined) return { workLeft: 0, silent: 0 }
  const { workLeft, silent } = ask.want === null && known !== undefined ? known : ask
  // Some do not know how much is left, and say that it has no end.
  return { workLeft: Math.min(workLeft, Number.MAX_SAFE_INTEGER), silent: Math.max(0, silent - settled) }
}

/** Permits that are given out now. */
function permitsOf({ calls, probes }: RowHolder['granted'], { clock }: SharedRow): Permit[] {
  // The database's clock may have been set: only what a holder has known of Okta's is certain (B6).
  const grantedAt = clock === null ? {} : { grantedAt: clock.okta }
  return [
    ...Array.from({ length: probes }, () => ({ probe: true, ...grantedAt })),
    ...Array.from({ length: calls }, () => ({ probe: false, ...grantedAt })),
  ]
}

function withHolder(row: SharedRow, name: string, holder: RowHolder): SharedRow {
  return { ...row, holders: { ...row.holders, [name]: holder } }
}

function withoutHolder(row: SharedRow, name: string): SharedRow {
  const others = Object.entries(row.holders).filter(([other]) => other !== name)
  return { ...row, holders: Object.fromEntries(others) }
}
