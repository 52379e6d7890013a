import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRateLimit } from '../../src/okta/rate-limit.ts'

function headers(limit?: string | string[], remaining?: string | string[], reset?: string | string[]) {
  return { 'x-rate-limit-limit': limit, 'x-rate-limit-remaining': remaining, 'x-rate-limit-reset': reset }
}

describe('parseRateLimit', () => {
  it('reads the three headers', () => {
    expect(parseRateLimit(headers('300', '299', '1759117808'))).toEqual({
      limit: 300,
      remaining: 299,
      reset: 1759117808,
    })
  })

  it('reads nothing where one is absent', () => {
    expect(parseRateLimit({})).toBeNull()
    expect(parseRateLimit(headers(undefined, '1', '1759117808'))).toBeNull()
    expect(parseRateLimit(headers('1', undefined, '1759117808'))).toBeNull()
    expect(parseRateLimit(headers('1', '1'))).toBeNull()
  })

  it('takes the careful value of each where several limits applied, comma-joined or as separate lines', () => {
    const careful = { limit: 50, remaining: 3, reset: 1759117868 }
    expect(parseRateLimit(headers('300, 50', '3,49', '1759117808 , 1759117868'))).toEqual(careful)
    expect(parseRateLimit(headers(['300', '50'], ['49', '3'], ['1759117868', '1759117808']))).toEqual(careful)
    expect(parseRateLimit(headers(['300,50'], ['3', '49'], ['1759117868']))).toEqual(careful)
  })

  it.each(['', ' ', 'abc', '-1', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '9'.repeat(400), '１２'])(
    'reads nothing from %j',
    (garbage) => {
      expect(parseRateLimit(headers(garbage, '1', '1759117808'))).toBeNull()
      expect(parseRateLimit(headers('1', garbage, '1759117808'))).toBeNull()
      expect(parseRateLimit(headers('1', '1', garbage))).toBeNull()
    },
  )

  it('keeps the zeros of the concurrency limit', () => {
    expect(parseRateLimit(headers('0', '0', '1759117808'))).toEqual({
      limit: 0,
      remaining: 0,
      reset: 1759117808,
    })
  })

  it('gives whole numbers from 0 or null, whatever a server writes', () => {
    const value = fc.oneof(
      fc.string(),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.integer().map(String),
      fc.constant(undefined),
    )
    fc.assert(
      fc.property(value, value, value, (limit, remaining, reset) => {
        const found = parseRateLimit(headers(limit, remaining, reset))
        if (found === null) return
        for (const number of Object.values(found)) {
          expect(Number.isSafeInteger(number)).toBe(true)
          expect(number).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})
