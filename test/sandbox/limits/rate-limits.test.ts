import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/sandbox/limits/buckets.ts'
import { RateLimits } from '../../../src/sandbox/limits/rate-limits.ts'
import { admit, clientCap, concurrencyRefusal, windowAt } from '../../../src/sandbox/limits/window.ts'

const users = '/api/v1/users'

function limitsOf(limit: number, clientPercent = 50, windowSeconds = 60): RateLimits {
  return new RateLimits({ limits: { ...defaultLimits, [users]: limit }, clientPercent, windowSeconds })
}

describe('windowAt', () => {
  it('opens at the first request and names the second of its end', () => {
    expect(windowAt(null, 1000, 60)).toEqual({ reset: 1060, used: 0 })
  })

  it('still counts in the second that equals reset, and opens anew in the next', () => {
    const window = { reset: 1060, used: 7 }
    expect(windowAt(window, 1060, 60)).toBe(window)
    expect(windowAt(window, 1061, 60)).toEqual({ reset: 1121, used: 0 })
  })
})

describe('clientCap', () => {
  it.each([
    [100, 50, 50],
    [600, 50, 300],
    [660, 50, 330],
    [25, 50, 12],
    [1, 50, 1],
    [600, 100, 600],
  ])('of %i at %i percent is %i', (limit, percent, cap) => {
    expect(clientCap(limit, percent)).toBe(cap)
  })
})

describe('RateLimits', () => {
  it("shows the client's cap and counts it down from the first request", () => {
    const limits = limitsOf(100)
    expect(limits.take(users, 'a', 1000)).toEqual({ limit: 50, remaining: 49, reset: 1060, refused: false })
    expect(limits.take(users, 'a', 1007)).toEqual({ limit: 50, remaining: 48, reset: 1060, refused: false })
  })

  it('refuses with remaining 0 above the cap, through the second of reset, and lets go in the next', () => {
    const limits = limitsOf(4)
    limits.take(users, 'a', 1000)
    expect(limits.take(users, 'a', 1000)).toMatchObject({ remaining: 0, refused: false })
    const refusal = { limit: 2, remaining: 0, reset: 1060, refused: true }
    expect(limits.take(users, 'a', 1001)).toEqual(refusal)
    expect(limits.take(users, 'a', 1060)).toEqual(refusal)
    expect(limits.take(users, 'a', 1061)).toEqual({ limit: 2, remaining: 1, reset: 1121, refused: false })
  })

  it("refuses at remaining above 0 when others have used up the org's limit, until the org's reset", () => {
    const limits = limitsOf(4)
    limits.take(users, 'a', 1010)
    limits.take(users, 'b', 1000)
    limits.take(users, 'b', 1020)
    limits.take(users, 'c', 1030)
    expect(limits.take(users, 'a', 1040)).toEqual({ limit: 2, remaining: 1, reset: 1070, refused: true })
    expect(limits.take(users, 'a', 1070)).toMatchObject({ refused: true })
    expect(limits.take(users, 'a', 1071)).toMatchObject({ remaining: 1, reset: 1131, refused: false })
  })

  it('counts each bucket by itself', () => {
    const limits = limitsOf(4)
    limits.take(users, 'a', 1000)
    expect(limits.take('/api/v1/users/me', 'a', 1000)).toMatchObject({ limit: 600, remaining: 599 })
  })

  it("takes a client's refusals from nobody", () => {
    const limits = limitsOf(4)
    for (let count = 0; count < 10; count += 1) limits.take(users, 'greedy', 1000)
    expect(limits.take(users, 'b', 1000)).toMatchObject({ remaining: 1, refused: false })
    expect(limits.take(users, 'b', 1000)).toMatchObject({ remaining: 0, refused: false })
  })

  it('admits no more than the cap and the limit in any window, whoever comes when', () => {
    const step = fc.record({ client: fc.constantFrom('a', 'b', 'c'), wait: fc.integer({ min: 0, max: 9 }) })
    const run = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 100 }), fc.array(step))
    fc.assert(
      fc.property(run, ([limit, percent, steps]) => {
        const limits = limitsOf(limit, percent, 10)
        const byClient = new Map<string, number>()
        let second = 5000
        let admitted: number[] = []
        for (const { client, wait } of steps) {
          second += wait
          const verdict = limits.take(users, client, second)
          expect(verdict.reset).toBeGreaterThanOrEqual(second)
          expect(verdict.reset).toBeLessThanOrEqual(second + 10)
          expect(verdict.remaining).toBeGreaterThanOrEqual(0)
          expect(verdict.limit).toBe(clientCap(limit, percent))
          if (verdict.refused) continue
          const key = `${client} ${verdict.reset}`
          byClient.set(key, (byClient.get(key) ?? 0) + 1)
          expect(byClient.get(key)).toBe(verdict.limit - verdict.remaining)
          admitted = [...admitted.filter((earlier) => earlier > second - 10), second]
          // A sliding 10 seconds touch two fixed windows at most.
          expect(admitted.length).toBeLessThanOrEqual(2 * limit)
        }
      }),
    )
  })
})

describe('admit', () => {
  it('leaves both counters as they are when it refuses', () => {
    const counters = { client: { reset: 1060, used: 2 }, org: { reset: 1050, used: 3 } }
    const rules = { clientPercent: 50, windowSeconds: 60 }
    expect(admit(counters, 4, rules, 1055).counters).toBe(counters)
  })
})

describe('concurrencyRefusal', () => {
  it('has limit 0, remaining 0 and a reset that is of no use', () => {
    expect(concurrencyRefusal(1000)).toEqual({ limit: 0, remaining: 0, reset: 1113, refused: true })
  })
})
