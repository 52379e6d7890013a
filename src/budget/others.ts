import { type BudgetState, type BudgetWindow, endOf } from './budget-state.ts'

/** Others' rate is measured over at least this fraction of a window: a call or two at its start do not show a rate. */
const shortestRatePart = 1 / 6
/** How far others' requests may deviate from the expected number, in square roots of that number. */
const strayingOfOthers = 1.5

/** Others' requests per ms: what this window has shown, smoothed by what was known before. */
export function rateOfOthers(state: BudgetState, window: BudgetWindow): number {
  const steadying = state.windowMs * shortestRatePart
  const passed = Math.max(0, state.windowMs - (window.reset * 1000 - window.seenAt))
  if (state.othersRate === null) return window.others / Math.max(passed, steadying)
  return (state.othersRate * steadying + window.others) / (steadying + passed)
}

/**
 * What others will use from the time when they were last seen to the end of the window, if they go on at their rate so
 * far. Random arrivals deviate by about the square root of their number, so a multiple of it is added.
 */
export function othersUntilEnd(state: BudgetState, window: BudgetWindow): number {
  const expected = rateOfOthers(state, window) * Math.max(0, endOf(window) - window.seenAt)
  return Math.ceil(expected + strayingOfOthers * Math.sqrt(expected))
}
