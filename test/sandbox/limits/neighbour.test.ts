import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownError } from '../../../src/messages/known-error.ts'
import { type Bucket, defaultLimits } from '../../../src/sandbox/limits/buckets.ts'
import { Neighbour, parseNeighbour } from '../../../src/sandbox/limits/neighbour.ts'
import { RateLimits } from '../../../src/sandbox/limits/rate-limits.ts'
import { act, api, orgOf, userOf, withSandbox } from '../with-sandbox.ts'

const bucket: Bucket = '/api/v1/users'
const ann = userOf('ann@example.com', 'ACTIVE')

function limitsWith(limit: number, callsPerMinute: number, client: string | null): RateLimits {
  const rules = { limits: { ...defaultLimits, [bucket]: limit }, clientPercent: 50, windowSeconds: 60 }
  const limits = new RateLimits(rules)
  limits.addNeighbour(new Neighbour({ bucket, callsPerMinute, client }, 1000))
  return limits
}

describe('a neighbour', () => {
  it("takes its calls evenly from the org's counter", () => {
    const limits = limitsWith(600, 120, null)
    expect(limits.neighbours(1000)[0]).toMatchObject({ calls: 0, granted: 0 })
    expect(limits.neighbours(1001)[0]).toMatchObject({ calls: 2, granted: 2 })
    expect(limits.neighbours(1060)[0]).toMatchObject({ calls: 120, granted: 120, refused: 0 })
  })

  it("empties the org's counter for the others, who see calls left of their own", () => {
    const limits = limitsWith(100, 6000, null)
    expect(limits.take(bucket, 'a', 1000)).toMatchObject({ remaining: 49, refused: false })
    expect(limits.take(bucket, 'a', 1001)).toMatchObject({ remaining: 49, refused: true, reset: 1060 })
    // Of its 100 calls one came too late; in the next window it is first, and leaves nothing.
    expect(limits.neighbours(1001)[0]).toMatchObject({ calls: 100, granted: 99, refused: 1 })
    expect(limits.take(bucket, 'a', 1061)).toMatchObject({ remaining: 50, refused: true, reset: 1121 })
  })

  it('on the same token takes from what the token sees, and no more than its cap', () => {
    const limits = limitsWith(100, 60, 'a')
    expect(limits.take(bucket, 'a', 1010)).toMatchObject({ limit: 50, remaining: 39, reset: 1061 })
    expect(limits.take(bucket, 'a', 1048)).toMatchObject({ remaining: 0, refused: false })
    expect(limits.take(bucket, 'a', 1049)).toMatchObject({ remaining: 0, refused: true })
    expect(limits.neighbours(1061)[0]).toEqual({
      bucket,
      callsPerMinute: 60,
      counter: 'token',
      calls: 61,
      granted: 48,
      refused: 13,
    })
  })

  it('leaves other buckets alone', () => {
    const limits = limitsWith(100, 6000, null)
    expect(limits.take('/api/v1', 'a', 1005)).toMatchObject({ remaining: 599, refused: false })
  })

  it('has made floor(rate × time) calls whenever one looks, and in all no counter above its limit', () => {
    const looks = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), looks, fc.boolean(), (rate, gaps, sameToken) => {
        const limits = limitsWith(100, rate, sameToken ? 'a' : null)
        let second = 1000
        for (const gap of gaps) {
          second += gap
          limits.take(bucket, 'a', second)
          const [counts] = limits.neighbours(second)
          expect(counts?.calls).toBe(Math.floor(((second - 1000) * rate) / 60))
          expect((counts?.granted ?? 0) + (counts?.refused ?? 0)).toBe(counts?.calls)
          for (const { used, limit } of limits.view(second)) expect(used).toBeLessThanOrEqual(limit)
        }
      }),
    )
  })

  it('makes as many calls in an hour as a rate by the hour says, and comes to an end at any rate', () => {
    for (let calls = 1; calls <= 200; calls += 1) {
      const { callsPerMinute } = parseNeighbour(`${calls}/h`)
      expect(limitsWith(600, callsPerMinute, null).neighbours(4600)[0]?.calls).toBe(calls)
    }
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (rate) => {
        const [counts] = limitsWith(600, rate, null).neighbours(1100)
        expect(Math.abs((counts?.calls ?? 0) - (rate * 100) / 60)).toBeLessThan(1.001)
      }),
    )
  })

  it('is the same whether one looks once or every second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 300 }), (rate, seconds) => {
        const [often, once] = [limitsWith(200, rate, null), limitsWith(200, rate, null)]
        for (let second = 1000; second < 1000 + seconds; second += 1) often.neighbours(second)
        expect(once.neighbours(1000 + seconds)).toEqual(often.neighbours(1000 + seconds))
        expect(once.view(1000 + seconds)).toEqual(often.view(1000 + seconds))
      }),
    )
  })
})

describe('parseNeighbour', () => {
  it.each([
    ['120/min', { bucket, callsPerMinute: 120, counter: 'org' }],
    ['2/s', { bucket, callsPerMinute: 120, counter: 'org' }],
    ['30/h,token', { bucket, callsPerMinute: 0.5, counter: 'token' }],
    [
      '/api/v1/users/{id:.+}=1.5/min',
      { bucket: '/api/v1/users/{id:.+}', callsPerMinute: 1.5, counter: 'org' },
    ],
  ])('reads %s', (text, wish) => {
    expect(parseNeighbour(text)).toEqual(wish)
  })

  it.each(['', '120', '0/min', '-1/min', '120/day', 'elsewhere=120/min', '120/min,mine'])(
    'refuses %j',
    (text) => {
      expect(() => parseNeighbour(text)).toThrow(KnownError)
    },
  )
})

describe('neighbours over HTTP', () => {
  it('are begun by an option and by request, and can be read back', async () => {
    let now = Date.UTC(2026, 0, 2)
    const options = {
      seed: orgOf([ann]),
      now: () => now,
      limits: { [bucket]: 100 },
      neighbours: [{ bucket, callsPerMinute: 60, counter: 'token' as const }],
    }
    await withSandbox(options, async (sandbox) => {
      now += 10_000
      expect((await act(sandbox, ann.id, 'reset_factors')).headers['x-rate-limit-remaining']).toBe('39')
      const order = await api(sandbox, 'POST', '/sandbox/neighbours', { rate: '6000/min' })
      expect(order.status).toBe(200)
      now += 1000
      const refused = await act(sandbox, ann.id, 'reset_factors')
      expect(refused).toMatchObject({ status: 429, headers: { 'x-rate-limit-remaining': '38' } })
      const { body } = await api(sandbox, 'GET', '/sandbox/neighbours')
      expect(body).toMatchObject({
        neighbours: [
          { counter: 'token', calls: 11, granted: 11, refused: 0 },
          { counter: 'org', calls: 100, granted: 88, refused: 12 },
        ],
      })
      const wrong = await api(sandbox, 'POST', '/sandbox/neighbours', { rate: 'often' })
      expect(wrong).toMatchObject({ status: 400, body: { error: expect.stringContaining('often') } })
    })
  })
})
