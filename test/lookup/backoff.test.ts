import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backoffMs,
  concurrencyWaitMs,
  maxSetbacks,
  transitionPatienceMs,
  transitionWaitMs,
} from '../../src/lookup/backoff.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the waits', () => {
  it('after failures double from a quarter of a second to 8 seconds, spread over half to one and a half', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backoffMs(failures, 0.5))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000,
    ])
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), random, (failures, chance) => {
        const middle = backoffMs(failures, 0.5)
        const wait = backoffMs(failures, chance)
        expect(wait).toBeGreaterThanOrEqual(middle / 2)
        expect(wait).toBeLessThanOrEqual(middle * 1.5)
      }),
    )
  })

  it('at the concurrency limit are short, and spread', () => {
    fc.assert(
      fc.property(random, (chance) => {
        expect(concurrencyWaitMs(chance)).toBeGreaterThanOrEqual(100)
        expect(concurrencyWaitMs(chance)).toBeLessThan(1_000)
      }),
    )
    expect(concurrencyWaitMs(0.9)).not.toBe(concurrencyWaitMs(0.1))
  })

  it('for a user in transition are bounded each and in all', () => {
    let waited = 0
    let looks = 0
    while (waited < transitionPatienceMs) {
      looks++
      const wait = transitionWaitMs(looks)
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(5_000)
      waited += wait
    }
    expect(looks).toBeLessThan(100)
  })

  it('end: a task is not sent for ever', () => {
    expect(maxSetbacks).toBeGreaterThan(1)
    expect(maxSetbacks).toBeLessThanOrEqual(20)
  })
})
