import { sent } from './budget-events.ts'
import { type BudgetState, endOf, isProbing, longestOpen } from './budget-state.ts'
import { changesAt, permits, tailOf } from './permits.ts'
import type { RowWait, SharedRow } from './shared-row.ts'

/** Whoever waits and has not asked for this long does not keep others waiting, until it asks again. */
const patienceMs = 2_000
/** How soon to ask again for a permit that may come free at any time. */
const askAgainMs = 100
/** With more waiting than this, each asks less often: the lock must not become what they wait for. */
const waitingAtEase = 4
const longestPauseMs = 1_000

interface Waiter {
  readonly name: string
  readonly turn: number
  readonly wait: RowWait
}

/**
 * How many permits a holder that waits gets now.
 *
 * Those who could be served now take turns, and whoever has had nothing for the longest is first. Before the asker gets
 * its part, those ahead of it get theirs set aside; and it leaves as much to each one behind it. A run whose share is
 * used up can't be served, so it neither blocks the others nor loses its place.
 */
export function grantInTurn(row: SharedRow, asker: string, now: number, database: number): number {
  const need = needOf(row)
  const allowed = (budget: SharedRow['budget'], { share }: RowWait): number =>
    permits({ ...budget, share }, now, need.workLeft, need.silent)
  const waiting = waitingIn(row, asker, database)
  const own = waiting.find(({ name }) => name === asker)
  if (own === undefined || isHeldBack(row, own, waiting, now, database)) return 0
  const ready = waiting.filter(({ wait }) => allowed(row.budget, wait) > 0)
  let { budget } = row
  for (const [index, { name, wait }] of ready.entries()) {
    const part = Math.ceil(allowed(budget, wait) / (ready.length - index))
    const due = Math.min(wait.want, part)
    if (name === asker) return due
    budget = afterSending({ ...budget, share: wait.share }, due, now)
  }
  return 0
}

/** How long to wait before the next ask, in ms, after one that brought nothing. */
export function pauseBeforeAsking(row: SharedRow, share: number, now: number, database: number): number {
  const waiting = waitingIn(row, '', database).length
  const usual = Math.min(longestPauseMs, askAgainMs * Math.max(1, waiting / waitingAtEase))
  const state = { ...row.budget, share }
  // An answer to somebody else's request may change everything, but not while Okta refuses all.
  const most = now < state.closedUntil ? longestPauseMs : usual
  return Math.max(1, Math.min(most, changesAt(state, now) - now))
}

/**
 * Whether the asker must let the window come to its end. The total of a window may reach the share of a run with a
 * small share at once, with requests that were in flight at its beginning. So if such a run has had nothing for two
 * windows, those with a larger share pause until it has had its turn in a window that begins empty.
 */
function isHeldBack(
  row: SharedRow,
  own: Waiter,
  waiting: readonly Waiter[],
  now: number,
  database: number,
): boolean {
  const { budget } = row
  const span = 2 * longestOpen(budget)
  const starves = waiting.some(({ wait }) => wait.share < own.wait.share && database - wait.since > span)
  if (!starves || budget.window === null) return false
  return isProbing({ ...budget, share: 1 }, now)
    ? !waiting.some(
        ({ wait }) => wait.share < own.wait.share && permits({ ...budget, share: wait.share }, now) > 0,
      )
    : now >= endOf(budget.window) - tailOf(budget)
}

/** Those who wait, the next one first. */
function waitingIn(row: SharedRow, asker: string, database: number): readonly Waiter[] {
  return Object.entries(row.holders)
    .flatMap(([name, { turn, waiting: wait }]) => (wait === null ? [] : [{ name, turn, wait }]))
    .filter(({ name, wait }) => name === asker || Math.abs(database - wait.askedAt) <= patienceMs)
    .toSorted((one, other) => one.turn - other.turn)
}

/** What all holders together need. */
function needOf({ holders }: SharedRow): { readonly workLeft: number; readonly silent: number } {
  let workLeft = 0
  let silent = 0
  for (const holder of Object.values(holders)) {
    workLeft += holder.workLeft
    silent += holder.silent
  }
  return { workLeft, silent }
}

function afterSending(budget: BudgetState, count: number, now: number): BudgetState {
  let state = budget
  for (let i = 0; i < count; i++) state = sent(state, now).state
  return state
}
