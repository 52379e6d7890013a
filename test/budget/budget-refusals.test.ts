import { describe, expect, it } from 'vitest'
import { answered } from '../../src/budget/budget-events.ts'
import { newBudget, shareOf } from '../../src/budget/budget-state.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'
import { headers, known, refusal, reset, roundTrip, send, start } from './budget-play.ts'

describe('a 429', () => {
  const full = { limit: 300, remaining: 0, reset }

  it('closes the bucket until a second after the reset, for all', () => {
    const state = roundTrip(known(), start + 5_000, refusal(full))
    for (const now of [start + 5_000, start + 59_999, reset * 1000, reset * 1000 + 999])
      expect(permits(state, now)).toBe(0)
    expect(changesAt(state, start + 5_000)).toBe((reset + 1) * 1000)
    expect(permits(state, (reset + 1) * 1000)).toBe(1)
  })

  it('is not undone by answers of requests that went through before', () => {
    const { state, permits: taken } = send(known(), start, 3)
    const [first, second, third] = taken
    if (first === undefined || second === undefined || third === undefined) throw new Error('no permit')
    let after = answered(state, first, refusal(full), start + 100)
    after = answered(after, second, headers(300, 250), start + 200)
    after = answered(after, third, { kind: 'nothing_learned' }, start + 300)
    expect(permits(after, start + 30_000)).toBe(0)
  })

  it('halves the share where some remained, once for a window, and grows back', () => {
    const emptied = { limit: 300, remaining: 200, reset }
    const { state, permits: taken } = send(known(), start, 2)
    const [first, second] = taken
    if (first === undefined || second === undefined) throw new Error('no permit')
    let after = answered(state, first, refusal(emptied), start + 100)
    after = answered(after, second, refusal(emptied), start + 100)
    expect(shareOf(after, 300)).toBe(75)

    const allowed: number[] = []
    for (let window = 1; window <= 4; window++) {
      const now = (reset + 1 + 61 * (window - 1)) * 1000
      after = roundTrip(after, now, headers(300, 299, reset + 61 * window))
      allowed.push(shareOf(after, 300))
    }
    expect(allowed[0]).toBe(75)
    for (let i = 1; i < allowed.length; i++) expect(allowed[i]).toBeGreaterThanOrEqual(allowed[i - 1] ?? 0)
    expect(allowed.at(-1)).toBe(150)
  })

  it('does not halve the share where the own limit is used up', () => {
    expect(shareOf(roundTrip(known(), start, refusal(full)), 300)).toBe(150)
  })

  it('leaves at least one a window, however often the counter is emptied', () => {
    let state = known()
    for (let window = 0; window < 30; window++) {
      const at = reset + 61 * window
      state = roundTrip(state, (at - 10) * 1000, refusal({ limit: 300, remaining: 100, reset: at }))
      state = roundTrip(state, (at + 1) * 1000, headers(300, 299, at + 61))
    }
    expect(shareOf(state, 300)).toBeGreaterThanOrEqual(1)
    expect(state.caution).toBeGreaterThan(0)
  })

  it.each([
    ['no headers', null],
    ['a reset in the past', { limit: 300, remaining: 0, reset: reset - 600 }],
    ['a reset of 0', { limit: 300, remaining: 0, reset: 0 }],
    ['a limit of 0', { limit: 0, remaining: 0, reset }],
    ['remaining above the limit', { limit: 3, remaining: 300, reset }],
  ])('with %s closes the bucket for a while, and not for ever', (_name, rateLimit) => {
    for (const before of [newBudget(0.5), known()]) {
      const state = roundTrip(before, start + 1_000, refusal(rateLimit))
      expect(permits(state, start + 1_500)).toBe(0)
      expect(changesAt(state, start + 1_500)).toBeGreaterThan(start + 1_500)
      expect(permits(state, start + 130_000)).toBeGreaterThan(0)
    }
  })
})

describe('a header that cannot be true', () => {
  it.each([
    ['in milliseconds', start + 60_000],
    ['years ahead', start / 1000 + 10 * 365 * 86_400],
  ])('does not stop the run for ever: a reset %s', (_name, at) => {
    for (const kind of ['answered', 'rate_limited'] as const) {
      const answer = { kind, rateLimit: { limit: 300, remaining: 0, reset: at } }
      // An hour is sixty of Okta's windows.
      expect(permits(roundTrip(newBudget(0.5), start, answer), start + 3_600_000)).toBeGreaterThan(0)
    }
  })
})
