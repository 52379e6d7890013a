import { describe, expect, it } from 'vitest'
import { type Cost, forecast } from '../../src/budget/forecast.ts'
import { bucketReport } from './bucket-report.ts'

function cost(allowance: number | null, perTask = 1, windowSeconds = 60): Cost {
  const bucket = bucketReport({ limit: null, allowance, likely: allowance, windowSeconds, leftNow: null })
  return { bucket, perTask }
}

describe('forecast', () => {
  it('knows nothing where no bucket has shown a limit', () => {
    expect(forecast(100, [])).toBeNull()
    expect(forecast(100, [cost(null)])).toBeNull()
    expect(forecast(100, [cost(150, 0)])).toBeNull()
  })

  it('reckons with a window every 61 seconds', () => {
    const found = forecast(1_500, [cost(150)])
    expect(found?.seconds).toBeCloseTo(610)
    expect(found?.perMinute).toBeCloseTo(147.5, 0)
  })

  it('goes by the bucket that takes longest, not by the smallest allowance', () => {
    const found = forecast(1_000, [cost(150, 1), cost(1_000, 1), cost(200, 3)])
    expect(found?.seconds).toBeCloseTo((1_000 * 3 * 61) / 200)
  })

  it('is nothing for no tasks', () => {
    expect(forecast(0, [cost(150)])?.seconds).toBe(0)
  })
})
