import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LagCounter } from '../../src/report/lag.ts'

function lagOf(lags: readonly (number | null)[], bound: number | null) {
  const counter = new LagCounter(bound)
  for (const [index, lag] of lags.entries()) {
    counter.add({ row: index + 1, step: 1, user: `user${index + 1}`, okta_login: null, lag_seconds: lag })
  }
  return counter.lag()
}

it('has nothing to say where no task has a lag', () => {
  expect(lagOf([], 60)).toBeNull()
  expect(lagOf([null, null], null)).toBeNull()
})

it('tells median, 95th of 100, worst, and who is over the bound, the worst one first', () => {
  const lags = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(lagOf(lags, 98)).toEqual({
    tasks: 100,
    median_seconds: 50,
    p95_seconds: 95,
    worst_seconds: 100,
    bound_seconds: 98,
    over_bound: 2,
    worst_over_bound: [
      { row: 100, step: 1, user: 'user100', okta_login: null, lag_seconds: 100 },
      { row: 99, step: 1, user: 'user99', okta_login: null, lag_seconds: 99 },
    ],
  })
})

it('is over the bound only past it, and counts all of them while it lists twenty', () => {
  expect(lagOf([5, 5, 5], 5)).toMatchObject({ over_bound: 0, worst_over_bound: [] })
  const many = lagOf(
    Array.from({ length: 50 }, () => 6),
    5,
  )
  expect(many?.over_bound).toBe(50)
  expect(many?.worst_over_bound.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
})

it('agrees with the lags themselves, however they are ordered', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 500 }), { minLength: 1 }), fc.nat(500), (lags, bound) => {
      const lag = lagOf(lags, bound)
      const notOver = (value: number): number => lags.filter((one) => one <= value).length / lags.length
      expect(notOver(lag?.median_seconds ?? Number.NaN)).toBeGreaterThanOrEqual(0.5)
      expect(notOver(lag?.p95_seconds ?? Number.NaN)).toBeGreaterThanOrEqual(0.95)
      expect(notOver((lag?.p95_seconds ?? Number.NaN) - 1)).toBeLessThan(0.95)
      expect(lag?.worst_seconds).toBe(Math.max(...lags))
      const over = lags.filter((one) => one > bound)
      expect(lag?.over_bound).toBe(over.length)
      expect(lag?.worst_over_bound.map((one) => one.lag_seconds)).toEqual(
        over.sort((some, other) => other - some).slice(0, 20),
      )
    }),
  )
})
