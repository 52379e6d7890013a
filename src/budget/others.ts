import { type BudgetState, type BudgetWindow, endOf } from './budget-state.ts'

/** Others' rate is reckoned over at least this part of a window: a call or two at its start are no rate. */
const shortestRatePart = 1 / 6
/** How far others may stray from their rate, in roots of their number. */
const strayingOfOthers = 1.5

/** Requests per ms of others: what this window has shown, steadied by what was known before. */
export function rateOfOthers(state: BudgetState, window: BudgetWindow): number {
  const steadying = state.windowMs * shortestRatePart
  const passed = Math.max(0, state.windowMs - (window.reset * 1000 - window.seenAt))
  if (state.othersRate === null) return window.others / Math.max(passed, steadying)
  return (state.othersRate * steadying + window.others) / (steadying + passed)
}

/**
 * What others would use from when they were last seen to the end of the window, if they go on at their rate so far. They
 * don't come as evenly as a clock, hence the root: so much a number of chance arrivals strays.
 */
export function othersUntilEnd(state: BudgetState, window: BudgetWindow): number {
  const expected = rateOfOthers(state, window) * Math.max(0, endOf(window) - window.seenAt)
  return Math.ceil(expected + strayingOfOthers * Math.sqrt(expected))
}
