import { describe, expect, it } from 'vitest'
import { newBudget } from '../../src/budget/budget-state.ts'
import { permits } from '../../src/budget/permits.ts'
import { headers, known, roundTrip, start } from './budget-play.ts'

const half = start + 30_000

/** A window of 200, half over, in which the run has sent two and others have used so many. */
function halfWay(others: number) {
  return roundTrip(known(1, 200), half, headers(200, 200 - 2 - others))
}

describe('others on the same counter', () => {
  it('are left what they would use at their rate until the reset, and somewhat more', () => {
    // They have used 60 in half of the window, so 60 more are theirs: 78 of the 138 that remain are not.
    expect(permits(halfWay(60), half)).toBeLessThanOrEqual(78)
    expect(permits(halfWay(60), half)).toBeGreaterThanOrEqual(78 * 0.75)
  })

  it('are left the more, the more they use', () => {
    const allowed = [0, 10, 30, 60, 80].map((others) => permits(halfWay(others), half))
    expect(allowed[0]).toBe(198)
    for (let i = 1; i < allowed.length; i++) expect(allowed[i]).toBeLessThan(allowed[i - 1] ?? 0)
  })

  it('do not lose what they have used since an answer last showed them', () => {
    // Fifteen seconds on they have used 30 of their 60, though no answer has shown it.
    for (const later of [5_000, 15_000, 30_000]) {
      expect(permits(halfWay(60), half + later)).toBeLessThanOrEqual(78)
      expect(permits(halfWay(60), half + later)).toBeGreaterThanOrEqual(78 * 0.75)
    }
  })

  it('are known from the window before when a new one opens', () => {
    const now = start + 61_000
    // At 2 a second they would use all of the next window but some 80.
    const next = roundTrip(halfWay(60), now, headers(200, 199, now / 1000 + 60))
    expect(permits(next, now)).toBeLessThanOrEqual(199 - 60)
    const alone = roundTrip(halfWay(0), now, headers(200, 199, now / 1000 + 60))
    expect(permits(alone, now)).toBe(199)
  })

  it('are not taken for a crowd because of one call in the first second of a window', () => {
    const state = roundTrip(newBudget(0.5), start, headers(300, 298))
    expect(permits(state, start)).toBeGreaterThanOrEqual(145)
  })

  it('get all that is left where they would use it, but for a look every few seconds', () => {
    // They use 240 a minute of 200: nothing is left for the run.
    const state = halfWay(120)
    expect(permits(state, half)).toBe(0)
    expect(permits(state, half + 1_000)).toBe(0)
    expect(permits(state, half + 20_000)).toBe(1)
    // The look shows that they have stopped.
    const seen = roundTrip(state, half + 25_000, headers(200, 77))
    expect(permits(seen, half + 25_000)).toBeGreaterThan(1)
  })

  it('get no look where the counter is empty', () => {
    expect(permits(halfWay(198), half + 20_000)).toBe(0)
  })
})
