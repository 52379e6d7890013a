import { describe, expect, it } from 'vitest'
import type { Cost } from '../../src/budget/forecast.ts'
import type { BucketReport } from '../../src/budget/lane.ts'
import { secondsLeft } from '../../src/budget/time-left.ts'
import { bucketReport } from './bucket-report.ts'

const now = 1_772_445_600_000

function cost(more: Partial<BucketReport>, perTask = 1): Cost {
  return { bucket: bucketReport({ endsAt: now + 40_000, ...more }), perTask }
}

describe('the seconds that are left', () => {
  it('are not known where no limit is', () => {
    expect(secondsLeft(100, [], 10, now)).toBeNull()
    expect(secondsLeft(100, [cost({ allowance: null, likely: null, limit: null })], 10, now)).toBeNull()
    expect(secondsLeft(100, [cost({}, 0)], 10, now)).toBeNull()
  })

  it('are those of sending, where the rest fits into the share of this window', () => {
    expect(secondsLeft(100, [cost({})], 10, now)).toBe(10)
  })

  it('wait for the next window with what does not fit, and for as many as it takes', () => {
    expect(secondsLeft(200, [cost({})], 10, now)).toBe(40 + 5)
    expect(secondsLeft(500, [cost({})], 10, now)).toBe(40 + 2 * 61 + 5)
    expect(secondsLeft(100, [cost({ leftNow: 0 })], 10, now)).toBe(40 + 10)
  })

  it('begin with a whole share where the window is over, and after a refusal', () => {
    expect(secondsLeft(100, [cost({ leftNow: 0, endsAt: now - 1 })], 10, now)).toBe(10)
    expect(secondsLeft(100, [cost({ leftNow: 90, closedUntil: now + 30_000 })], 10, now)).toBe(40 + 10)
  })

  it('do not wait for requests under way, which have their permits', () => {
    expect(secondsLeft(100, [cost({ leftNow: 90, inFlight: 10 })], 10, now)).toBe(10)
    expect(secondsLeft(100, [cost({ leftNow: 90, inFlight: 9 })], 10, now)).toBeGreaterThan(40)
    expect(secondsLeft(9, [cost({ leftNow: 0, inFlight: 10 })], 10, now)).toBe(0.9)
  })

  it('take more windows where others leave less of each', () => {
    expect(secondsLeft(100, [cost({ leftNow: 0, likely: 50 })], 10, now)).toBe(40 + 61 + 5)
  })

  it('are those of the slowest bucket', () => {
    const reads = cost({ bucket: '/api/v1/users/{id}', allowance: 1000, likely: 1000, leftNow: 1000 }, 2)
    expect(secondsLeft(100, [cost({}), reads], 10, now)).toBe(10)
    expect(secondsLeft(100, [cost({ leftNow: 10 }), reads], 10, now)).toBe(40 + 9)
  })
})
