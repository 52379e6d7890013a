import { expect, it } from 'vitest'
import { answered, sent } from '../../src/budget/budget-events.ts'
import { newBudget } from '../../src/budget/budget-state.ts'
import { permits } from '../../src/budget/permits.ts'

const now = 1_772_445_600_000

it('without a limit, calls whose answers are overdue keep nobody from leaving, and all others do', () => {
  let state = newBudget(1)
  const first = sent(state, now)
  state = answered(first.state, first.permit, { kind: 'answered', rateLimit: null }, now)
  for (let call = 0; call < 2; call++) state = sent(state, now).state
  expect(permits(state, now)).toBe(0)
  expect(permits(state, now, 0, 1)).toBe(1)
  expect(permits(state, now, 0, 2)).toBe(2)
  // Not more than if none were under way.
  expect(permits(state, now, 0, 5)).toBe(2)
})
