import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answered, type BudgetAnswer, sent } from '../../src/budget/budget-events.ts'
import { newBudget, shareOf } from '../../src/budget/budget-state.ts'
import { usedWithinMs } from '../../src/budget/ledger.ts'
import { changesAt, permits } from '../../src/budget/permits.ts'
import { headers, known, reset, roundTrip, send, start } from './budget-play.ts'

describe('a bucket of which nothing is known', () => {
  it('lets one request go and waits for its answer', () => {
    const fresh = newBudget(0.5)
    expect(permits(fresh, start)).toBe(1)
    const { state } = sent(fresh, start)
    expect(permits(state, start)).toBe(0)
    expect(changesAt(state, start)).toBeGreaterThan(start)
  })

  it('lets another go when the first can not be sent any more or has no answer for seconds, or is lost', () => {
    const { state, permit } = sent(newBudget(0.5), start)
    const again = changesAt(state, start)
    // The first one may be sent as late as this.
    expect(again).toBeGreaterThan(start + usedWithinMs + 2_000)
    expect(again).toBeLessThan(start + usedWithinMs + 10_000)
    expect(permits(state, again - 1)).toBe(0)
    expect(permits(state, again)).toBe(1)
    expect(permits(answered(state, permit, { kind: 'lost' }, start + 10), start + 10)).toBe(1)
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

  it('counts what an earlier execution sent in the window, and no more than that', () => {
    const earlier = [start - 50_000, start - 1_000, start - 500, start - 120_000]
    const state = roundTrip(newBudget(0.1, earlier), start, headers(300, 296, start / 1000 + 58))
    // Of 30, this one and the two or three that may count are gone.
    expect(permits(state, start)).toBeLessThanOrEqual(30 - 3)
    expect(permits(state, start)).toBeGreaterThanOrEqual(30 - 4)
  })

  it('counts what an earlier execution let go before the window, and what may have arrived in it', () => {
    const earlier = [start - 10_000, start - 4_000]
    const state = roundTrip(newBudget(0.1, earlier), start, headers(300, 298, start / 1000 + 60))
    expect(permits(state, start)).toBe(30 - 2)
  })
})

it('counts all that was used of the first window as ours where earlier sends may be unknown', () => {
  const unknown = newBudget(0.1, [start - 4_000], 300, true)
  const first = roundTrip(unknown, start, headers(300, 280, start / 1000 + 30))
  expect(permits(first, start)).toBe(30 - 20)
  expect(permits(roundTrip(unknown, start, headers(300, 260, start / 1000 + 30)), start)).toBe(0)
})

describe('a bucket whose limit an earlier execution saw', () => {
  const now = start + 30_000

  it('sends nothing while that execution has used the share up', () => {
    const earlier = [start - 40_000, start, start + 10, start + 20_000]
    const state = newBudget(0.3, earlier, 10)
    expect(permits(state, now)).toBe(0)
    const again = changesAt(state, now)
    expect(again).toBeGreaterThan(start + 61_000 + 3_000)
    expect(permits(state, again - 1)).toBe(0)
    expect(permits(state, again)).toBe(1)
  })

  it('sends its probe where the share has room, or the times can not be by our clock', () => {
    expect(permits(newBudget(0.3, [start, start + 10], 10), now)).toBe(1)
    expect(permits(newBudget(0.3, [], 10), now)).toBe(1)
    const ahead = (ms: number): number => permits(newBudget(0.3, [now + ms, now + ms, now + ms], 10), now)
    expect(ahead(95_000)).toBe(1)
    // Where answers have no Date, two executions may differ by more than a minute.
    expect(ahead(75_000)).toBe(0)
  })

  it('keeps to the share of that limit while answers carry no headers', () => {
    const bare = { kind: 'answered', rateLimit: null } as const
    let state = newBudget(0.3, [], 8)
    for (const left of [1, 0]) {
      state = roundTrip(state, now, bare)
      expect(permits(state, now)).toBe(left)
    }
    expect(permits(state, changesAt(state, now))).toBe(1)
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

  it('counts a request whose answer shows nothing as one less that remains', () => {
    const state = roundTrip(newBudget(1), reset * 1000, headers(300, 2))
    const bare = roundTrip(state, reset * 1000, { kind: 'answered', rateLimit: null })
    expect(bare.window?.remaining).toBe(1)
    expect(roundTrip(bare, reset * 1000, { kind: 'lost' }).window?.remaining).toBe(0)
  })

  it('believes the lowest remaining, in whatever order answers come', () => {
    // Others have used about a hundred; at the window's end little has to be left to them any more.
    const end = reset * 1000
    const remainings = [199, 198, 197, 196, 195, 194, 193, 192]
    fc.assert(
      fc.property(fc.shuffledSubarray(remainings, { minLength: 8 }), (order) => {
        const opened = roundTrip(newBudget(1), end, headers(300, 200))
        const rest = send(opened, end, order.length)
        let state = rest.state
        for (const [index, permit] of rest.permits.entries())
          state = answered(state, permit, headers(300, order[index] ?? 0), end)
        expect(state.window?.remaining).toBe(192)
        expect(permits(state, end)).toBeLessThanOrEqual(192)
        expect(permits(state, end)).toBeGreaterThanOrEqual(192 * 0.95)
      }),
    )
  })

  it('keeps the lost as spent, and gives the unused back', () => {
    const { state, permits: taken } = send(known(), start, 2)
    const [one, two] = taken
    if (one === undefined || two === undefined) throw new Error('no permit')
    const afterLoss = answered(state, one, { kind: 'lost' }, start)
    expect(permits(afterLoss, start)).toBe(147)
    expect(permits(answered(afterLoss, two, { kind: 'unused' }, start), start)).toBe(148)
  })

  it('counts a lost probe in the next window too, if another probe had shown the window by then', () => {
    const hung = sent(newBudget(0.5), start)
    const later = start + 3_000
    const other = sent(hung.state, later)
    const open = answered(other.state, other.permit, headers(10, 8), later)
    const lost = answered(open, hung.permit, { kind: 'lost' }, later + 27_000)
    const next = (reset + 1) * 1000
    const probe = sent(lost, next)
    const opened = answered(probe.state, probe.permit, headers(10, 9, reset + 61), next)
    expect([open.window?.spent, opened.window?.spent]).toEqual([2, 2])
  })

  it('counts a probe that was lost in a window of others in the next one too, in which it may arrive', () => {
    // Others opened the window 50 s ago; nobody has shown it yet.
    const at = (reset + 1) * 1000 + 50_000
    const one = roundTrip(known(0.2, 50), at, { kind: 'lost' })
    const shown = roundTrip(one, at + 1_000, headers(50, 47, reset + 61))
    const later = (reset + 62) * 1000
    expect(permits(roundTrip(shown, later, headers(50, 49, reset + 121)), later)).toBe(10 - 2)
    // What was lost before the window was opened is in that window.
    const own = roundTrip(one, at + 1_000, headers(50, 48, reset + 112))
    const next = (reset + 113) * 1000
    expect(permits(roundTrip(own, next, headers(50, 49, reset + 172)), next)).toBe(10 - 1)
  })

  it.each([
    { leftMs: -100, spent: 3 },
    { leftMs: 900, spent: 3 },
    { leftMs: 1_100, spent: 2 },
  ])(
    'counts an answer without headers in the next window too if that may have begun: $leftMs ms before the end',
    ({ leftMs, spent }) => {
      const at = reset * 1000 - leftMs
      const bare = roundTrip(known(0.5, 10), at, { kind: 'answered', rateLimit: null })
      // The permit of the next one is from before the end, too.
      const next = sent(bare, at + 10)
      const probed = sent(next.state, (reset + 1) * 1000)
      const opened = answered(probed.state, next.permit, headers(10, 8, reset + 61), (reset + 1) * 1000 + 10)
      expect(opened.window?.spent).toBe(spent)
    },
  )

  it('counts what was lost in the next window too, in which it may arrive, and not in the one after', () => {
    const { state, permits: taken } = send(known(0.5, 10), start, 2)
    const [one, two] = taken
    if (one === undefined || two === undefined) throw new Error('no permit')
    const after = answered(answered(state, one, { kind: 'lost' }, start), two, headers(10, 8), start)
    const next = roundTrip(after, reset * 1000 + 2_000, headers(10, 9, reset + 62))
    expect(next.window?.spent).toBe(2)
    const last = roundTrip(next, reset * 1000 + 70_000, headers(10, 9, reset + 130))
    expect(last.window?.spent).toBe(1)
  })

  it('remembers what was lost as long as the window that it may have opened, whatever was lost before it', () => {
    // Two lost probes are all of the share: one early in a window, one after its end.
    const first = answered(known(0.5, 4), { probe: false }, { kind: 'lost' }, start + 1_000)
    const second = roundTrip(first, (reset + 1) * 1000, { kind: 'lost' })
    const arrived = (reset + 20) * 1000
    expect(permits(second, arrived)).toBe(0)
    expect(permits(second, arrived + 44_000)).toBe(0)
    const later = (reset + 90) * 1000
    const opened = roundTrip(second, later, headers(4, 1, reset + 120))
    expect(opened.window?.spent).toBe(2)
  })

  it('counts remaining above the limit as no more than the limit', () => {
    const state = roundTrip(newBudget(1), start, headers(50, 900))
    expect(permits(state, start)).toBeLessThanOrEqual(50)
  })
})

describe('a share and the work that is left', () => {
  it('goes as fast as it can where the work fits into what is left of the share', () => {
    expect(permits(known(), start, 149)).toBe(149)
    expect(permits(known(), start + 10_000, 20)).toBe(149)
  })

  it('is spread over the window where the work does not fit, a little ahead of the clock', () => {
    const allowed = (now: number): number => permits(known(), now, 10_000)
    expect(allowed(start)).toBeGreaterThanOrEqual(1)
    expect(allowed(start)).toBeLessThanOrEqual(15)
    for (const second of [10, 20, 30, 40, 50]) {
      // This one is spent.
      expect(allowed(start + second * 1000) + 1).toBeGreaterThanOrEqual((150 * second) / 60)
      expect(allowed(start + second * 1000)).toBeGreaterThanOrEqual(allowed(start + (second - 10) * 1000))
    }
    expect(allowed(start + 30_000)).toBeLessThan(150 * 0.75)
    // All of it may be sent some time before the end, so that slow answers lose nothing.
    expect(allowed(start + 55_000)).toBe(149)
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

  it('sends no more probes than the share where their answers show no window', () => {
    const now = (reset + 1) * 1000
    const bare: BudgetAnswer = { kind: 'answered', rateLimit: null }
    let state = roundTrip(roundTrip(known(0.5, 4), now, bare), now + 100, { kind: 'lost' })
    expect(permits(state, now + 200)).toBe(0)
    const again = changesAt(state, now + 200)
    // Then the window that the probes may have opened is over, its last second included.
    expect(again).toBeGreaterThan(now + 100 + 61_000)
    expect(permits(state, again - 1)).toBe(0)
    expect(permits(state, again)).toBe(1)
    state = roundTrip(state, again, headers(4, 3, again / 1000 + 60))
    expect(permits(state, again)).toBe(1)
  })

  it.each(['its answer comes', 'its answer is lost'])(
    'counts a second probe in it, though the answer to the first one shows a window that is over (%s)',
    (what) => {
      // Both answers are slow; the first request came before the end of the old window, the second after it.
      const one = sent(newBudget(0.5, [], 31), (reset - 2) * 1000)
      const two = sent(one.state, (reset + 1) * 1000)
      let state = answered(two.state, one.permit, headers(31, 24, reset), reset * 1000 + 1_500)
      const three = sent(state, reset * 1000 + 1_500)
      const shown = headers(31, 29, reset + 61)
      state = three.state
      if (what === 'its answer is lost')
        state = answered(state, two.permit, { kind: 'lost' }, reset * 1000 + 2_000)
      state = answered(state, three.permit, shown, reset * 1000 + 2_500)
      if (what === 'its answer comes') state = answered(state, two.permit, shown, reset * 1000 + 3_000)
      expect(permits(state, reset * 1000 + 3_000)).toBe(15 - 2)
      // In the window after that it counts only if it may still be on its way.
      const later = (reset + 62) * 1000
      const next = roundTrip(state, later, headers(31, 30, reset + 122))
      expect(permits(next, later)).toBe(15 - (what === 'its answer comes' ? 1 : 2))
    },
  )

  it('counts probes of a window that is still open by the clock of its counter, and waits longer after each', () => {
    // Okta's clock is far ahead of the counter, so the window of 20 ends long after it seems over.
    let state = known(0.5, 20)
    const before = state.window?.spent ?? 0
    let probes = 0
    for (let now = (reset + 1) * 1000; now < (reset + 11) * 1000; now += 100) {
      if (permits(state, now, 100) === 0) continue
      probes++
      state = roundTrip(state, now, headers(20, 10 - probes, reset))
    }
    expect(probes).toBeLessThanOrEqual(5)
    expect(state.window).toMatchObject({ reset, spent: before + probes, remaining: 10 - probes })
    const open = roundTrip(state, (reset + 17) * 1000, headers(20, 19, reset + 77))
    expect(permits(open, (reset + 17) * 1000)).toBe(9)
    // The next one is waited for as long, so that nothing more is counted in a window that seems over.
    const used = send(open, (reset + 17) * 1000, 9).permits.reduce(
      (before, permit) => answered(before, permit, headers(20, 10, reset + 77), (reset + 18) * 1000),
      send(open, (reset + 17) * 1000, 9).state,
    )
    const late = open.window?.lateMs ?? 0
    expect(late).toBeGreaterThanOrEqual(10_000)
    const end = (reset + 78) * 1000 + late
    expect([end - 1, end].map((now) => permits(used, now))).toEqual([0, 1])
  })

  it('does not take a probe for late that was let go by a clock hours ahead of Okta’s, before that was known', () => {
    const hours = 3 * 3_600_000
    let state = newBudget(0.5)
    const hung = sent(state, start + hours)
    state = roundTrip(hung.state, start + hours + 3_000, headers(20, 18, reset), start)
    // The machine's clock is not gone by any more.
    const late = answered(state, hung.permit, headers(20, 19, reset), start + 1_000)
    expect(late).toMatchObject({ closedUntil: 0, window: { reset } })
    expect(permits(late, start + 1_000)).toBeGreaterThan(0)
  })

  it.each([
    { opener: 'others', remaining: 25 },
    { opener: 'the lost ones', remaining: 26 },
    { opener: 'others, or one of them', remaining: 28 },
  ])('counts probes that were lost as $opener opened a window', ({ remaining }) => {
    let state = newBudget(0.5, [], 30)
    for (let i = 0; i < 3; i++) {
      const probe = sent(state, reset * 1000 + i * 10)
      state = answered(probe.state, probe.permit, { kind: 'lost' }, reset * 1000 + i * 10 + 5)
    }
    const seen = roundTrip(state, reset * 1000 + 16_000, headers(30, remaining, reset + 60))
    const later = (reset + 62) * 1000
    const next = roundTrip(seen, later, headers(30, 29, reset + 122))
    expect(next.window?.spent).toBe(1 + 3)
  })

  it('counts what was sent, though a permit of long before it is given back only now', () => {
    const long = sent(known(0.5, 100), (reset + 1) * 1000)
    const later = (reset + 200) * 1000
    const probe = sent(long.state, later)
    const state = answered(probe.state, long.permit, { kind: 'unused' }, later + 100)
    const opened = answered(
      sent(state, later + 4_000).state,
      probe.permit,
      headers(100, 98, reset + 260),
      later + 4_100,
    )
    expect(permits(opened, later + 4_100)).toBe(50 - 2)
  })

  it('counts a call of the old window that is answered after its end without headers', () => {
    const now = (reset + 1) * 1000
    const two = send(known(0.5, 8), now - 500, 2)
    // While it is in flight, it may still open the next window.
    expect(permits(two.state, now)).toBe(1)
    const state = two.permits.reduce(
      (before, permit) => answered(before, permit, { kind: 'answered', rateLimit: null }, now),
      two.state,
    )
    expect(permits(roundTrip(state, now + 10, { kind: 'lost' }), now + 20)).toBe(1)
    const full = [30, 40].reduce((before, ms) => roundTrip(before, now + ms, { kind: 'lost' }), state)
    expect(permits(full, now + 50)).toBe(0)
  })
})

describe('the length of a window', () => {
  it('is not learned from one that others had opened long before', () => {
    // Nothing of ours for a while; others open the next window, and we come in its last five seconds.
    const next = roundTrip(known(), start + 116_000, headers(300, 200, start / 1000 + 121))
    expect(next.windowMs).toBeGreaterThanOrEqual(55_000)
  })
})

describe('a probe that is still waited for', () => {
  it('keeps another from leaving although an older one is given up, as that of a dead holder', () => {
    const older = sent(newBudget(0.3), start)
    const later = start + 16_000
    const newer = sent(older.state, later)
    const state = answered(newer.state, older.permit, { kind: 'lost' }, later + 1_000)
    expect(permits(state, later + 14_000)).toBe(0)
    expect(permits(state, later + 16_000)).toBe(1)
    // Once its own outcome is known, the next one may go soon.
    const known = answered(state, newer.permit, { kind: 'lost' }, later + 2_000)
    expect([2_999, 3_000].map((after) => permits(known, later + after))).toEqual([0, 1])
  })

  it('counts in the window that is not seen yet, although an answer from long before it is told only then', () => {
    const first = roundTrip(newBudget(0.3), start, headers(4, 3, reset))
    const slow = sent(first, (reset + 2) * 1000)
    const muchLater = (reset + 100) * 1000
    const next = sent(slow.state, muchLater)
    const lost = answered(next.state, next.permit, { kind: 'lost' }, muchLater + 1_000)
    const seen = headers(4, 3, reset + 62)
    const state = answered(lost, slow.permit, seen, (reset + 3) * 1000)
    // The share of one call is used by the lost one, as long as it may count.
    expect(permits(state, muchLater + 20_000)).toBe(0)
    expect(permits(state, muchLater + 200_000)).toBe(1)
  })
})
