import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answered, type BudgetAnswer, type Permit, sent } from '../../src/budget/budget-events.ts'
import { type BudgetState, newBudget, shareOf } from '../../src/budget/budget-state.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'
import type { RateLimit } from '../../src/okta/rate-limit.ts'

const start = Date.parse('2026-03-02T10:00:00.000Z')
const reset = start / 1000 + 60

function headers(limit: number, remaining: number, at = reset): BudgetAnswer {
  return { kind: 'answered', rateLimit: { limit, remaining, reset: at } }
}

function refusal(rateLimit: RateLimit | null): BudgetAnswer {
  return { kind: 'rate_limited', rateLimit }
}

/** Sends so many at once. */
function send(state: BudgetState, now: number, count: number): { state: BudgetState; permits: Permit[] } {
  const taken: Permit[] = []
  let current = state
  for (let i = 0; i < count; i++) {
    const { state: after, permit } = sent(current, now)
    current = after
    taken.push(permit)
  }
  return { state: current, permits: taken }
}

/** Sends one and takes in its answer. */
function roundTrip(state: BudgetState, now: number, answer: BudgetAnswer, back = now): BudgetState {
  const { state: after, permit } = sent(state, now)
  return answered(after, permit, answer, back)
}

const known = (share = 0.5, limit = 300): BudgetState =>
  roundTrip(newBudget(share), start, headers(limit, limit - 1))

describe('a bucket of which nothing is known', () => {
  it('lets one request go and waits for its answer', () => {
    const fresh = newBudget(0.5)
    expect(permits(fresh, start)).toBe(1)
    const { state } = sent(fresh, start)
    expect(permits(state, start)).toBe(0)
    expect(changesAt(state, start)).toBeGreaterThan(start)
  })

  it('lets another go when the first is not answered for seconds, or is lost', () => {
    const { state, permit } = sent(newBudget(0.5), start)
    expect(permits(state, changesAt(state, start))).toBe(1)
    expect(permits(answered(state, permit, { kind: 'nothing_learned' }, start + 10), start + 10)).toBe(1)
  })

  it('lets two be in flight where answers carry no headers, until one does', () => {
    let state = roundTrip(newBudget(0.5), start, { kind: 'answered', rateLimit: null })
    expect(permits(state, start)).toBe(2)
    const two = send(state, start, 2)
    expect(permits(two.state, start)).toBe(0)
    expect(changesAt(two.state, start)).toBeGreaterThan(start)
    const [first] = two.permits
    if (first === undefined) throw new Error('no permit')
    state = answered(two.state, first, headers(300, 290), start)
    expect(permits(state, start)).toBeGreaterThan(2)
  })

  it('counts what an earlier sitting sent in the window, and no more than that', () => {
    const earlier = [start - 50_000, start - 1_000, start - 500, start - 120_000]
    const state = roundTrip(newBudget(0.1, earlier), start, headers(300, 296, start / 1000 + 58))
    // Of 30, this one and the two or three that may count are gone.
    expect(permits(state, start)).toBeLessThanOrEqual(30 - 3)
    expect(permits(state, start)).toBeGreaterThanOrEqual(30 - 4)
  })
})

describe('an open window', () => {
  it.each([
    [0.5, 300, 150],
    [0.5, 1, 1],
    [0.1, 5, 1],
    [1, 50, 50],
    [0.33, 100, 33],
    [0.01, 50, 1],
  ])('allows a share of %f of %i: %i', (share, limit, most) => {
    expect(shareOf({ share, caution: 1 }, limit)).toBe(most)
  })

  it('counts what is in flight as spent', () => {
    const { state } = send(known(), start, 100)
    expect(permits(state, start)).toBe(49)
  })

  it('never lets more go than Okta shows as remaining', () => {
    const state = roundTrip(newBudget(1), start, headers(300, 4))
    expect(permits(state, start)).toBeLessThanOrEqual(4)
    expect(permits(send(state, start, 4).state, start)).toBe(0)
  })

  it('believes the lowest remaining, in whatever order answers come', () => {
    // Others have used a hundred; the window is at its end, so nothing has to be left to them any more.
    const end = reset * 1000
    const remainings = [199, 198, 197, 196, 195, 194, 193, 192]
    fc.assert(
      fc.property(fc.shuffledSubarray(remainings, { minLength: 8 }), (order) => {
        let state = roundTrip(newBudget(1), end, headers(300, order[0] ?? 0))
        const rest = send(state, end, order.length - 1)
        state = rest.state
        for (const [index, permit] of rest.permits.entries())
          state = answered(state, permit, headers(300, order[index + 1] ?? 0), end)
        expect(permits(state, end)).toBe(192)
      }),
    )
  })

  it('keeps the lost as spent, and gives the unused back', () => {
    const { state, permits: taken } = send(known(), start, 2)
    const [one, two] = taken
    if (one === undefined || two === undefined) throw new Error('no permit')
    const afterLoss = answered(state, one, { kind: 'nothing_learned' }, start)
    expect(permits(afterLoss, start)).toBe(147)
    expect(permits(answered(afterLoss, two, { kind: 'unused' }, start), start)).toBe(148)
  })

  it('leaves others what they would use at their rate until the reset', () => {
    // Half of the window is over, and others have used 60 of 100: they would use 60 more.
    const half = start + 30_000
    const before = roundTrip(newBudget(1), start, headers(200, 199))
    const state = roundTrip(before, half, headers(200, 200 - 2 - 60))
    expect(permits(state, half)).toBe(200 - 2 - 60 - 60)
  })

  it('counts remaining above the limit as no more than the limit', () => {
    const state = roundTrip(newBudget(1), start, headers(50, 900))
    expect(permits(state, start)).toBeLessThanOrEqual(50)
  })
})

describe('a reset', () => {
  it('counts the second named by reset to the old window', () => {
    const { state } = send(known(), start, 149)
    expect(permits(state, reset * 1000 + 999)).toBe(0)
    expect(permits(state, (reset + 1) * 1000)).toBe(1)
  })

  it('lets one request open the new window, and waits for its answer', () => {
    const now = (reset + 1) * 1000
    const { state, permit } = sent(known(), now)
    expect(permits(state, now)).toBe(0)
    const opened = answered(state, permit, headers(300, 299, reset + 61), now + 100)
    expect(permits(opened, now + 100)).toBe(149)
  })

  it('counts what is in flight over it in the new window too', () => {
    const { state } = send(known(), start, 40)
    const now = (reset + 1) * 1000
    const probe = sent(state, now)
    const opened = answered(probe.state, probe.permit, headers(300, 299, reset + 61), now + 100)
    expect(permits(opened, now + 100)).toBe(150 - 1 - 40)
  })

  it('takes an answer of the old window that comes late for what it is', () => {
    const { state, permits: taken } = send(known(), start, 2)
    const [late] = taken
    if (late === undefined) throw new Error('no permit')
    const now = (reset + 1) * 1000
    const probe = sent(state, now)
    const opened = answered(probe.state, probe.permit, headers(300, 299, reset + 61), now + 100)
    const after = answered(opened, late, headers(300, 0, reset), now + 200)
    // Nothing of the old window's 0 remaining.
    expect(permits(after, now + 200)).toBe(permits(opened, now + 100))
  })

  it('asks again after seconds where the answer to the probe is lost', () => {
    const now = (reset + 1) * 1000
    const { state } = sent(known(), now)
    const again = changesAt(state, now)
    expect(again).toBeGreaterThan(now)
    expect(again - now).toBeLessThanOrEqual(10_000)
    expect(permits(state, again)).toBe(1)
  })
})

describe('a 429', () => {
  const full = { limit: 300, remaining: 0, reset }

  it('closes the bucket until a second after the reset, for all', () => {
    const state = roundTrip(known(), start + 5_000, refusal(full))
    for (const now of [start + 5_000, start + 59_999, reset * 1000, reset * 1000 + 999])
      expect(permits(state, now)).toBe(0)
    expect(changesAt(state, start + 5_000)).toBe((reset + 1) * 1000)
    expect(permits(state, (reset + 1) * 1000)).toBe(1)
  })

  it('is not undone by answers of requests that went through before', () => {
    const { state, permits: taken } = send(known(), start, 3)
    const [first, second, third] = taken
    if (first === undefined || second === undefined || third === undefined) throw new Error('no permit')
    let after = answered(state, first, refusal(full), start + 100)
    after = answered(after, second, headers(300, 250), start + 200)
    after = answered(after, third, { kind: 'nothing_learned' }, start + 300)
    expect(permits(after, start + 30_000)).toBe(0)
  })

  it('halves the share where some remained, once for a window, and grows back', () => {
    const emptied = { limit: 300, remaining: 200, reset }
    const { state, permits: taken } = send(known(), start, 2)
    const [first, second] = taken
    if (first === undefined || second === undefined) throw new Error('no permit')
    let after = answered(state, first, refusal(emptied), start + 100)
    after = answered(after, second, refusal(emptied), start + 100)
    expect(shareOf(after, 300)).toBe(75)

    const allowed: number[] = []
    for (let window = 1; window <= 4; window++) {
      const now = (reset + 1 + 61 * (window - 1)) * 1000
      after = roundTrip(after, now, headers(300, 299, reset + 61 * window))
      allowed.push(shareOf(after, 300))
    }
    expect(allowed[0]).toBe(75)
    for (let i = 1; i < allowed.length; i++) expect(allowed[i]).toBeGreaterThanOrEqual(allowed[i - 1] ?? 0)
    expect(allowed.at(-1)).toBe(150)
  })

  it('does not halve the share where the own limit is used up', () => {
    expect(shareOf(roundTrip(known(), start, refusal(full)), 300)).toBe(150)
  })

  it('leaves at least one a window, however often the counter is emptied', () => {
    let state = known()
    for (let window = 0; window < 30; window++) {
      const at = reset + 61 * window
      state = roundTrip(state, (at - 10) * 1000, refusal({ limit: 300, remaining: 100, reset: at }))
      state = roundTrip(state, (at + 1) * 1000, headers(300, 299, at + 61))
    }
    expect(shareOf(state, 300)).toBeGreaterThanOrEqual(1)
    expect(state.caution).toBeGreaterThan(0)
  })

  it.each([
    ['no headers', null],
    ['a reset in the past', { limit: 300, remaining: 0, reset: reset - 600 }],
    ['a reset of 0', { limit: 300, remaining: 0, reset: 0 }],
    ['a limit of 0', { limit: 0, remaining: 0, reset }],
    ['remaining above the limit', { limit: 3, remaining: 300, reset }],
  ])('with %s closes the bucket for a while, and not for ever', (_name, rateLimit) => {
    for (const before of [newBudget(0.5), known()]) {
      const state = roundTrip(before, start + 1_000, refusal(rateLimit))
      expect(permits(state, start + 1_500)).toBe(0)
      expect(changesAt(state, start + 1_500)).toBeGreaterThan(start + 1_500)
      expect(permits(state, start + 130_000)).toBeGreaterThan(0)
    }
  })
})

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
    fc.constant({ kind: 'unused' as const }),
  )
  const anyStep = fc.record({
    wait: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    sends: fc.integer({ min: 0, max: 12 }),
    answers: fc.array(fc.tuple(fc.nat(), anyAnswer), { maxLength: 12 }),
  })

  it('is a whole number of permits, never negative, and a later moment to ask again where there are none', () => {
    const share = fc.double({ min: 0.001, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, fc.array(anyStep, { maxLength: 40 }), (part, steps) => {
        let state = newBudget(part)
        let now = start
        const out: Permit[] = []
        for (const { wait, sends, answers } of steps) {
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
