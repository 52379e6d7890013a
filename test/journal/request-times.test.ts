import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RequestTimes } from '../../src/journal/request-times.ts'

const start = Date.parse('2026-11-24T08:00:00Z')

it('counts requests by the second, each bucket by itself', () => {
  const times = new RequestTimes()
  times.add('/api/v1/users', start + 200, 3)
  times.add('/api/v1/users', start + 900, 2)
  times.add('/api/v1/users', start + 4000, 1)
  times.add('/api/v1/users/me', start, 7)
  // An estimate of Okta's clock that went back counts at the beginning.
  times.add('/api/v1/users', start - 3000, 1)
  expect(times.of('/api/v1/users')).toEqual({ from: start, step: 1, counts: [6, 0, 0, 0, 1] })
  expect(times.of('/api/v1/users/me')).toEqual({ from: start, step: 1, counts: [7] })
  expect(times.of('other')).toBeNull()
})

it('takes no more room for a longer run, and loses no request', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3_000_000), fc.integer({ min: 1, max: 50 }))), (sent) => {
      const times = new RequestTimes()
      const inOrder = sent.toSorted(([some], [other]) => some - other)
      for (const [second, count] of inOrder) times.add('b', start + second * 1000, count)
      const kept = times.of('b')
      expect(kept === null).toBe(sent.length === 0)
      if (kept === null) return
      expect(kept.counts.length).toBeLessThanOrEqual(240)
      expect(kept.counts.reduce((sum, count) => sum + count, 0)).toBe(
        sent.reduce((sum, [, count]) => sum + count, 0),
      )
      const lasted = (inOrder.at(-1)?.[0] ?? 0) - (inOrder[0]?.[0] ?? 0)
      expect(kept.counts.length).toBe(Math.floor(lasted / kept.step) + 1)
    }),
  )
})
