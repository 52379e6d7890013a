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

it('while no limit is known, calls whose answers are lost one after another are few in any window', () => {
  let state = newBudget(0.5)
  const left: number[] = []
  for (let time = now; time < now + 600_000; time += 100) {
    if (permits(state, time) === 0) continue
    const { state: after, permit } = sent(state, time)
    left.push(time)
    state = answered(after, permit, { kind: 'lost' }, time + 100)
  }
  for (const first of left)
    expect(left.filter((time) => time >= first && time <= first + 60_000).length).toBeLessThanOrEqual(10)
  // They go on all the same.
  expect(left.length).toBeGreaterThan(30)
  expect(changesAt(state, left.at(-1) ?? now)).toBeGreaterThan(left.at(-1) ?? now)
})
