import { answered, type BudgetAnswer, sent } from '../../src/budget/budget-events.ts'
import { type BudgetState, newBudget, type Permit } from '../../src/budget/budget-state.ts'
import type { RateLimit } from '../../src/okta/rate-limit.ts'

/** When the first window opens, in epoch ms. */
export const start = Date.parse('2026-03-02T10:00:00.000Z')
/** The reset of the window that opens at the start, in epoch seconds. */
export const reset = start / 1000 + 60

/** An answer that shows a limit. */
export function headers(limit: number, remaining: number, at = reset): BudgetAnswer {
  return { kind: 'answered', rateLimit: { limit, remaining, reset: at } }
}

/** A 429. */
export function refusal(rateLimit: RateLimit | null): BudgetAnswer {
  return { kind: 'rate_limited', rateLimit }
}

/** Sends so many at once. */
export function send(
  state: BudgetState,
  now: number,
  count: number,
): { state: BudgetState; permits: Permit[] } {
  const taken: Permit[] = []
  let current = state
  for (let i = 0; i < count; i++) {
    const { state: after, permit } = sent(current, now)
    current = after
    taken.push(permit)
  }
  return { state: current, permits: taken }
}

/** Sends one and takes in its answer. */
export function roundTrip(state: BudgetState, now: number, answer: BudgetAnswer, back = now): BudgetState {
  const { state: after, permit } = sent(state, now)
  return answered(after, permit, answer, back)
}

/** A bucket whose first window has just opened, with this run alone in it. */
export function known(share = 0.5, limit = 300): BudgetState {
  return roundTrip(newBudget(share), start, headers(limit, limit - 1))
}
