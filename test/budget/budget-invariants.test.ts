import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answered, type BudgetAnswer, sent } from '../../src/budget/budget-events.ts'
import { newBudget, type Permit } from '../../src/budget/budget-state.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'
import { reset, start } from './budget-play.ts'

describe('whatever comes', () => {
  const anyRateLimit = fc.option(
    fc.record({
      limit: fc.constantFrom(0, 1, 2, 50, 300, 600, 999_999_999_999_999),
      remaining: fc.constantFrom(0, 1, 49, 300, 999_999_999_999_999),
      reset: fc.oneof(
        fc.integer({ min: reset - 200, max: reset + 400 }),
        fc.constantFrom(0, 999_999_999_999_999),
      ),
    }),
  )
  const anyAnswer: fc.Arbitrary<BudgetAnswer> = fc.oneof(
    anyRateLimit.map((rateLimit) => ({ kind: 'answered' as const, rateLimit })),
    anyRateLimit.map((rateLimit) => ({ kind: 'rate_limited' as const, rateLimit })),
    fc.constant({ kind: 'nothing_learned' as const }),
    fc.constant({ kind: 'lost' as const }),
    fc.constant({ kind: 'unused' as const }),
  )
  const anyStep = fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    sends: fc.integer({ min: 0, max: 12 }),
    silent: fc.integer({ min: 0, max: 12 }),
    answers: fc.array(fc.tuple(fc.nat(), anyAnswer), { maxLength: 12 }),
  })

  it('is a whole number of permits, never negative, and a later moment to ask again where there are none', () => {
    const share = fc.double({ min: 0.001, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, fc.array(anyStep, { maxLength: 40 }), (part, steps) => {
        let state = newBudget(part)
        let now = start
        const out: Permit[] = []
        for (const { wait, sends, answers, silent } of steps) {
          now += wait
          for (let i = 0; i < sends && permits(state, now) > 0; i++) {
            const { state: after, permit } = sent(state, now)
            state = after
            out.push(permit)
          }
          for (const [which, answer] of answers) {
            const [permit] = out.splice(out.length === 0 ? 0 : which % out.length, 1)
            if (permit !== undefined) state = answered(state, permit, answer, now)
          }
          const available = permits(state, now)
          expect(Number.isInteger(available)).toBe(true)
          expect(available).toBeGreaterThanOrEqual(0)
          if (available === 0) expect(changesAt(state, now)).toBeGreaterThan(now)
          // More that is overdue never means less, or later.
          const besides = permits(state, now, 0, silent)
          expect(besides).toBeGreaterThanOrEqual(available)
          if (besides === 0) expect(changesAt(state, now, silent)).toBeGreaterThan(now)
          expect(state.inFlight).toBe(out.length)
          expect(state.caution).toBeGreaterThan(0)
          expect(state.caution).toBeLessThanOrEqual(1)
          expect(state.windowMs).toBeGreaterThan(0)
        }
      }),
      { numRuns: 300 },
    )
  })
})
