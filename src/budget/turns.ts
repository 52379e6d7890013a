import { endOf, isProbing, longestOpen } from './budget-state.ts'
import { changesAt, permits, tailOf } from './permits.ts'
import type { RowHolder, RowWait, SharedRow } from './shared-row.ts'

/** Whoever waits and has not asked for this long does not keep others waiting, until it asks again. */
const patienceMs = 2_000
/** How soon to ask again for a permit that may come free at any time. */
const askAgainMs = 100
/** With more waiting than this, each asks less often: the lock must not become what they wait for. */
const waitingAtEase = 4
const longestPauseMs = 1_000

type Window = SharedRow['budget']['window']

interface Waiter {
  readonly name: string
  readonly turn: number
  readonly wait: RowWait
  /** What it has taken of the open window. */
  readonly taken: number
}

/**
 * How many permits a holder that waits gets now.
 *
 * What may be sent now is dealt out, one permit after another:
 *
 * - **T1** Each goes to whoever has taken the least of the window, and among equals to whoever has had nothing for the
 *   longest. So someone who asks seldom, or has just come, catches up with those who ask at every moment.
 * - **T2** Only those who wait and could be served now are dealt to, each no more than it wants. A run whose share is used
 *   up neither blocks the others nor loses its place.
 * - **T3** The asker gets what it is dealt. What the others are dealt is left for them until they ask.
 */
export function grantInTurn(row: SharedRow, asker: string, now: number, database: number): number {
  const { workLeft, silent } = needOf(row)
  const waiting = waitingIn(row, asker, database)
  const own = waiting.find(({ name }) => name === asker)
  if (own === undefined || isHeldBack(row, own, waiting, now, database)) return 0
  const hands = waiting.map(({ name, wait: { share, want }, taken }) => {
    const most = permits({ ...row.budget, share }, now, workLeft, silent)
    return { isAsker: name === asker, want, taken, most, dealt: 0 }
  })
  let out = 0
  for (let next = nextOf(hands, out); next !== null; next = nextOf(hands, out)) {
    next.dealt++
    out++
  }
  return hands.find(({ isAsker }) => isAsker)?.dealt ?? 0
}

interface Hand {
  readonly isAsker: boolean
  readonly want: number
  /** What it has taken of the open window before. */
  readonly taken: number
  /** What it could be dealt if nobody else were there. */
  readonly most: number
  dealt: number
}

/**
 * Who is dealt the next permit; null if nobody is.
 *
 * @param hands in the order of T1 for equals
 * @param out how many were dealt already: each counts in the share of everybody
 */
function nextOf(hands: readonly Hand[], out: number): Hand | null {
  let next: Hand | null = null
  for (const hand of hands) {
    if (hand.most <= out || hand.dealt >= hand.want) continue
    if (next === null || hand.taken + hand.dealt < next.taken + next.dealt) next = hand
  }
  return next
}

/** What a holder has taken of the open window, after some more or less. */
export function takenAfter(
  holder: Pick<RowHolder, 'taken'> | undefined,
  window: Window,
  change: number,
): RowHolder['taken'] {
  const before = holder === undefined ? 0 : takenOf(holder, window)
  return { reset: window?.reset ?? 0, count: Math.max(0, before + change) }
}

/** While no window is known there is nothing to take from: whoever came first has no advantage to make up for. */
function takenOf({ taken }: Pick<RowHolder, 'taken'>, window: Window): number {
  return window !== null && taken.reset === window.reset ? taken.count : 0
}

/** How long to wait before the next ask, in ms, after one that brought nothing. */
export function pauseBeforeAsking(row: SharedRow, share: number, now: number, database: number): number {
  const waiting = waitingIn(row, '', database).length
  const usual = Math.min(longestPauseMs, askAgainMs * Math.max(1, waiting / waitingAtEase))
  const state = { ...row.budget, share }
  // An answer to somebody else's request may change everything, but not while Okta refuses all.
  const most = now < state.closedUntil ? longestPauseMs : usual
  const change = changesAt(state, now, needOf(row).silent) - now
  // Something could be had now, but it is another's turn.
  if (change <= 0) return most
  return Math.max(1, Math.min(most, change))
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

/** Those who wait; first those who have had nothing for the longest. */
function waitingIn(row: SharedRow, asker: string, database: number): readonly Waiter[] {
  return Object.entries(row.holders)
    .flatMap(([name, holder]) => {
      const { turn, waiting: wait } = holder
      return wait === null ? [] : [{ name, turn, wait, taken: takenOf(holder, row.budget.window) }]
    })
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
