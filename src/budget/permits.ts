import { type BudgetState, type BudgetWindow, endOf, isProbing, shareOf } from './budget-state.ts'
import { othersUntilEnd } from './others.ts'

/** How soon to look again at an open window that allows nothing just now. */
const nextLookMs = 100
/** How many may be in flight where nothing is known of a limit. */
const headerlessInFlight = 2
/** After this time without an answer a further probe may go: one lost answer must not stop the run. */
const probePatienceMs = 3_000
/**
 * The part of a window after which others are looked at anew while the run leaves them all that is left. Each look takes
 * one call of theirs.
 */
const lookAgainPart = 1 / 6
/** A share that is spread over a window is sent some time before its end, so that slow answers lose nothing of it. */
const tailPart = 0.1
const shortestTailMs = 2_000
const longestTailPart = 0.4
/** The part of the window that a spread share is ahead of the clock: a run begins with a handful of calls, not with one. */
const leadPart = 0.05

/**
 * How many requests may be sent now.
 *
 * @param workLeft requests that the run still has to send in this bucket. If they fit into what is left of the share,
 *   they may go as fast as they can. If not, the run has to wait for the next window anyway, and loses nothing by
 *   spreading the share over this one: so it sees what others use before it has taken all.
 */
export function permits(state: BudgetState, now: number, workLeft = 0): number {
  if (now < state.closedUntil) return 0
  if (isProbing(state, now)) return probeIsDue(state, now) ? 1 : 0
  const { window } = state
  if (window === null) return Math.max(0, headerlessInFlight - state.inFlight)
  const share = shareOf(state, window.limit)
  const ours =
    (workLeft > share - window.spent ? spreadOver(state, window, share, now) : share) - window.spent
  const left = window.remaining - state.inFlight
  const granted = Math.min(ours, left - othersUntilEnd(state, window))
  if (granted > 0) return granted
  // All that is left belongs to others, by what was seen of them. One request now and then keeps that up to date.
  const outOfDate = state.inFlight === 0 && now >= window.seenAt + state.windowMs * lookAgainPart
  return outOfDate && Math.min(ours, left) > 0 ? 1 : 0
}

/** How much of the share may have been sent by now if it is spread over the window. */
function spreadOver(state: BudgetState, window: BudgetWindow, share: number, now: number): number {
  const tail = Math.min(Math.max(shortestTailMs, state.windowMs * tailPart), state.windowMs * longestTailPart)
  const passed = state.windowMs - (window.reset * 1000 - now)
  return Math.min(share, Math.ceil((share * (passed + state.windowMs * leadPart)) / (state.windowMs - tail)))
}

/**
 * When to ask {@link permits} again if nothing is answered before: the time in ms. While requests are in flight their
 * answers may change the budget earlier.
 */
export function changesAt(state: BudgetState, now: number): number {
  if (now < state.closedUntil) return state.closedUntil
  if (isProbing(state, now)) return state.probedAt === null ? now : state.probedAt + probePatienceMs
  if (state.window === null) return now + probePatienceMs
  // What may be spent grows while the window passes, and what is left to others shrinks.
  return Math.min(endOf(state.window), now + nextLookMs)
}

function probeIsDue(state: BudgetState, now: number): boolean {
  return state.probedAt === null || now >= state.probedAt + probePatienceMs
}
