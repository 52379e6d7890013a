import { afterEach, describe, expect, it } from 'vitest'
import { answered, sent } from '../../src/budget/budget-events.ts'
import { newBudget } from '../../src/budget/budget-state.ts'
import { createLocalLedger } from '../../src/budget/ledger.ts'
import { Pacer } from '../../src/budget/pacer.ts'
import { permits } from '../../src/budget/permits.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { allowance, simulate } from '../budget/simulate.ts'
import { answerOf } from '../okta/answers.ts'
import { plentyHeaders } from './sitting-of.ts'

const plain = { concurrency: 10, windowSeconds: 60, lag: 200, latency: [50, 200] as const }

describe('others on the same counter', () => {
  it.each([
    [300, 200, 0.5],
    [100, 60, 0.5],
    [100, 60, 1],
    [600, 400, 0.5],
  ])(
    'of %i with %i a minute of theirs are not refused by a run at share %f, once their rate was seen',
    (limit, theirs, share) => {
      const options = { ...plain, seed: 5, share, limitOf: () => limit, duration: 300_000 }
      const { windows } = simulate({ ...options, othersPerMinute: theirs })
      // The first window shows their rate; from the second on it is known.
      const later = windows.slice(1, -1)
      expect(later.length).toBeGreaterThanOrEqual(2)
      // A few may be refused at a window's very end, where rates are no more than an estimate.
      for (const { refusedOthers } of later) expect(refusedOthers).toBeLessThanOrEqual(theirs * 0.05)
    },
  )
})

describe('a window in which nothing of ours was answered for a while', () => {
  it('does not take what others have used meanwhile for free', () => {
    const start = Date.parse('2026-03-02T10:00:00.000Z')
    const headers = (remaining: number) =>
      ({ kind: 'answered', rateLimit: { limit: 200, remaining, reset: start / 1000 + 60 } }) as const
    const first = sent(newBudget(1), start)
    const opened = answered(first.state, first.permit, headers(199), start)
    const half = start + 30_000
    const second = sent(opened, half)
    // Others have used 60 in half of the window, so 60 more are theirs.
    const known = answered(second.state, second.permit, headers(138), half)
    expect(permits(known, half)).toBe(78)
    // Fifteen seconds on they have used 30 of those, though no answer has shown it.
    expect(permits(known, half + 15_000)).toBeLessThanOrEqual(78)
  })
})

describe('what of ours arrives in a window', () => {
  it('is within the share also where the answer to the request that opened it was lost', () => {
    let worst = 0
    for (let seed = 0; seed < 60; seed++) {
      const options = { ...plain, seed, share: 0.5, limitOf: () => 50, duration: 300_000 }
      const { windows } = simulate({ ...options, lost: { part: 0.3, afterMs: 1_000 } })
      for (const { ours, limit } of windows) worst = Math.max(worst, ours - allowance(0.5, limit))
    }
    expect(worst).toBeLessThanOrEqual(0)
  })

  it('is within the share also where the first answers of it carried no headers', () => {
    let worst = 0
    for (let seed = 0; seed < 60; seed++) {
      const options = { ...plain, seed, share: 0.5, limitOf: () => 50, duration: 300_000 }
      const { windows } = simulate({ ...options, headerless: 0.3 })
      for (const { ours, limit } of windows) worst = Math.max(worst, ours - allowance(0.5, limit))
    }
    expect(worst).toBeLessThanOrEqual(0)
  })
})

describe('a header that cannot be true', () => {
  it('does not stop the run for ever: a reset in milliseconds, or years ahead', () => {
    const start = Date.parse('2026-03-02T10:00:00.000Z')
    for (const reset of [start + 60_000, start / 1000 + 10 * 365 * 86_400]) {
      for (const kind of ['answered', 'rate_limited'] as const) {
        const { state, permit } = sent(newBudget(0.5), start)
        const after = answered(state, permit, { kind, rateLimit: { limit: 300, remaining: 0, reset } }, start)
        // An hour is sixty of Okta's windows.
        expect(permits(after, start + 3_600_000)).toBeGreaterThan(0)
      }
    }
  })
})

describe('the length of a window', () => {
  it('is not learned from one that others had opened long before', () => {
    const start = Date.parse('2026-03-02T10:00:00.000Z')
    const headers = (reset: number, remaining: number) =>
      ({ kind: 'answered', rateLimit: { limit: 300, remaining, reset } }) as const
    const first = sent(newBudget(0.5), start)
    const known = answered(first.state, first.permit, headers(start / 1000 + 60, 299), start)
    // Nothing of ours for a while; others open the next window, and we come in its last five seconds.
    const late = start + 116_000
    const probe = sent(known, late)
    const next = answered(probe.state, probe.permit, headers(start / 1000 + 121, 200), late)
    expect(next.windowMs).toBeGreaterThanOrEqual(55_000)
  })
})

describe('a crowd refused for being too many at once', () => {
  const pacers: Pacer[] = []

  afterEach(() => {
    for (const pacer of pacers.splice(0)) pacer.stop()
  })

  it('cuts the slots once, by what was under way and not by who happened to start first', async () => {
    const clock = new OktaClock()
    const pacer = new Pacer({
      concurrency: 32,
      share: 1,
      clock,
      ledger: createLocalLedger(),
      earlierSends: () => [],
      workLeft: () => 0,
    })
    pacers.push(pacer)
    const crowded = { ...plentyHeaders(), 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0' }
    for (let i = 0; i < 64; i++)
      await pacer.request('/api/v1/users', { send: async () => answerOf(200, '{}', plentyHeaders()) })
    const ends: ((answer: Answer) => void)[] = []
    const crowd = Array.from({ length: 32 }, () =>
      pacer.request('/api/v1/users', {
        send: () =>
          new Promise<Answer>((resolve) => {
            ends.push(resolve)
            // All are under way now. The first to be refused is one that started while the others were not yet sent.
            if (ends.length === 32) for (const end of ends) end(answerOf(429, '{}', crowded))
          }),
      }),
    )
    await Promise.all(crowd)
    let under = 0
    for (let i = 0; i < 32; i++) {
      pacer
        .request('/api/v1/users', {
          send: () => {
            under++
            return new Promise<Answer>(() => {})
          },
        })
        .catch(() => {})
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(under).toBeGreaterThanOrEqual(8)
    expect(under).toBeLessThan(32)
  })
})
