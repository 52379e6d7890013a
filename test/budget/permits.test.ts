import { expect, it } from 'vitest'
import { answered, sent } from '../../src/budget/budget-events.ts'
import { newBudget } from '../../src/budget/budget-state.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'

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

it('of a bucket of which nothing is known lets another go 3 s after one that has left and whose answer is overdue', () => {
  const one = sent(newBudget(0.5), now).state
  expect(permits(one, now + 2_999, 0, 1)).toBe(0)
  expect(changesAt(one, now + 2_000, 1)).toBe(now + 3_000)
  expect(permits(one, now + 3_000, 0, 1)).toBe(1)
  // The second one has not left yet, or is not overdue: what is known of the first says nothing about it.
  const two = sent(one, now + 3_000).state
  expect(permits(two, now + 14_000, 0, 1)).toBe(0)
  expect(permits(two, now + 6_000, 0, 2)).toBe(1)
  // With nothing in flight that is known to be overdue, the first may still leave.
  expect(permits(one, now + 14_000)).toBe(0)
})

it('sends at most one probe in 3 s while every answer is overdue', () => {
  let state = newBudget(0.5)
  let probes = 0
  for (let time = now; time < now + 30_000; time += 100) {
    for (let free = permits(state, time, 0, state.inFlight); free > 0; free--) {
      state = sent(state, time).state
      probes++
    }
  }
  expect(probes).toBe(10)
})
