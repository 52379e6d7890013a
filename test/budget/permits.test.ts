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
  expect(permits(two, now + 5_999, 0, 2)).toBe(0)
  expect(permits(two, now + 6_000, 0, 2)).toBe(1)
  // With nothing in flight that is known to be overdue, the first may still leave.
  expect(permits(one, now + 14_000)).toBe(0)
})

it('sends probes one by one after several that are overdue, or that have shown nothing', () => {
  for (const outcome of [null, 'lost', 'nothing_learned'] as const) {
    let state = newBudget(0.5)
    const probes: number[] = []
    for (let time = now; time < now + 15_000; time += 100) {
      for (let free = permits(state, time, 0, state.inFlight); free > 0; free--) {
        const { state: next, permit } = sent(state, time)
        state = outcome === null ? next : answered(next, permit, { kind: outcome }, time + 10)
        probes.push((time - now) / 1000)
      }
    }
    expect(probes).toEqual(outcome === null ? [0, 3, 6, 9, 12] : [0, 0.1, 3.1, 6.1, 9.1, 12.1])
  }
})

it('sends the next probe at once where the one before was not sent after all', () => {
  const { state, permit } = sent(newBudget(0.5), now)
  expect(permits(answered(state, permit, { kind: 'unused' }, now + 10), now + 10)).toBe(1)
})
