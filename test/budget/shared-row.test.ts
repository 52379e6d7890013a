import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BudgetAnswer } from '../../src/budget/budget-events.ts'
import type { Permit } from '../../src/budget/budget-state.ts'
import { readRow, writeRow } from '../../src/budget/row-text.ts'
import { leaseFrom, newRow, type RowAsk, type RowEvent, type SharedRow } from '../../src/budget/shared-row.ts'
import { headers, reset, start } from './budget-play.ts'
import type { PlayedRun } from './played-run.ts'
import { type Play, playRuns } from './row-play.ts'
import { allowance } from './simulate.ts'

const anyRun: fc.Arbitrary<PlayedRun> = fc.record(
  {
    share: fc.constantFrom(0.05, 0.2, 0.5, 0.5, 0.7),
    concurrency: fc.integer({ min: 1, max: 20 }),
    begins: fc.integer({ min: 0, max: 60_000 }),
    dies: fc.integer({ min: 1_000, max: 300_000 }),
  },
  { requiredKeys: ['share', 'concurrency'] },
)

function largest(runs: readonly PlayedRun[], limit: number): number {
  return Math.max(...runs.map(({ share }) => allowance(share, limit)))
}

function oursIn({ windows }: Play): number[] {
  return windows.map(({ ours }) => ours)
}

describe('runs that share a row', () => {
  it('never take more than the largest share together, whatever dies, is lost or is repeated', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(),
          runs: fc.array(anyRun, { minLength: 1, maxLength: 4 }),
          // While no limit is known, each lost answer costs another request: the smallest share has room for some.
          limit: fc.constantFrom(120, 200),
          latency: fc.constantFrom([5, 40] as const, [50, 900] as const),
          lost: fc.option(
            fc.record({ part: fc.constantFrom(0.05, 0.2), afterMs: fc.constantFrom(1_000, 10_000) }),
            {
              nil: undefined,
            },
          ),
          lostAsks: fc.constantFrom(0, 0.2),
        }),
        ({ lost, ...options }) => {
          const play = playRuns({
            ...options,
            ...(lost === undefined ? {} : { lost }),
            windowSeconds: 60,
            duration: 360_000,
          })
          const most = largest(options.runs, options.limit)
          for (const window of play.windows) {
            expect(window.ours).toBeLessThanOrEqual(most)
            expect(window.refusedOurs).toBe(0)
          }
        },
      ),
      { numRuns: 30 },
    )
  }, 60_000)

  it('use the share up, in about equal parts', () => {
    const runs = Array.from({ length: 3 }, () => ({ share: 0.5, concurrency: 10 }))
    const play = playRuns({
      seed: 1,
      runs,
      windowSeconds: 60,
      limit: 300,
      latency: [20, 80],
      duration: 300_000,
    })
    for (const ours of oursIn(play).slice(1, -1)) expect(ours).toBe(150)
    for (const counts of play.sent) {
      for (const count of counts.slice(1, -1)) expect(count).toBeGreaterThanOrEqual(40)
    }
  })

  it('leave a neighbour what it uses', () => {
    const runs = Array.from({ length: 3 }, () => ({ share: 0.5, concurrency: 10 }))
    for (const seed of [1, 2, 3]) {
      const play = playRuns({
        seed,
        runs,
        windowSeconds: 60,
        limit: 300,
        latency: [20, 80],
        duration: 300_000,
        othersPerMinute: 120,
      })
      for (const { refusedOthers, refusedOurs, ours } of play.windows.slice(1, -1)) {
        expect([refusedOthers, refusedOurs]).toEqual([0, 0])
        expect(ours).toBeGreaterThanOrEqual(135)
        expect(ours).toBeLessThanOrEqual(150)
      }
    }
  })

  it('each get something within four windows, also one with a tiny share beside those that never pause', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom(0.02, 0.1, 0.5),
        fc.constantFrom(10, 100, 600),
        fc.constantFrom([5, 40] as const, [200, 2_500] as const),
        (seed, small, limit, latency) => {
          const large = { share: 0.7, concurrency: 10 }
          const play = playRuns({
            seed,
            runs: [large, { share: small, concurrency: 4, begins: 5_000 }, large],
            windowSeconds: 20,
            limit,
            latency,
            duration: 260_000,
          })
          expect(play.windows.length).toBeGreaterThan(8)
          for (const counts of play.sent) {
            for (let first = 0; first + 4 <= play.windows.length - 1; first++) {
              const got = [0, 1, 2, 3].reduce((sum, index) => sum + (counts[first + index] ?? 0), 0)
              expect(got).toBeGreaterThan(0)
            }
          }
        },
      ),
      { numRuns: 12 },
    )
  }, 60_000)

  it('get back what a dead one had out', () => {
    const play = playRuns({
      seed: 5,
      runs: [
        { share: 0.5, concurrency: 10 },
        { share: 0.5, concurrency: 10, dies: 70_300 },
      ],
      windowSeconds: 60,
      limit: 60,
      latency: [100, 900],
      duration: 400_000,
    })
    expect(Object.keys(play.row.holders)).toEqual(['run-0'])
    for (const ours of oursIn(play).slice(3, -1)) expect(ours).toBe(30)
  })
})

/** What a row begins with. */
const first = { share: 0.5, earlierSends: [], earlierLimit: null, earlierUnknown: false }
/** An ask for one permit. */
const plainAsk: RowAsk = {
  holder: 'run:1',
  number: 1,
  share: 0.5,
  want: 1,
  events: [],
  leaves: false,
  now: start,
  clockKnown: true,
  workLeft: 1,
  silent: 0,
}

describe('an ask', () => {
  const asks = plainAsk
  const opened: RowEvent = {
    kind: 'settled',
    permit: { probe: true },
    answer: headers(20, 19),
    now: start,
  }

  it('that is repeated gets the same permits and changes nothing', () => {
    const once = leaseFrom(newRow(first), asks, start)
    const twice = leaseFrom(once.row, asks, start + 10)
    expect(twice.permits).toEqual(once.permits)
    expect(twice.permits).toEqual([{ probe: true, grantedAt: start }])
    expect(twice.row.budget).toEqual(once.row.budget)
  })

  it('takes turns with the others that wait', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, holder: 'other:1', want: 20 }, start).row
    const mine = leaseFrom(row, { ...asks, number: 2, want: 20, events: [opened] }, start)
    // Nine are left for two.
    expect(mine.permits).toHaveLength(5)
    // The rest is the other one's part, and is kept for it.
    const more = leaseFrom(mine.row, { ...asks, number: 3, want: 20 }, start)
    expect(more.permits).toHaveLength(0)
    const others = leaseFrom(more.row, { ...asks, holder: 'other:1', number: 2, want: 20 }, start)
    expect(others.permits).toHaveLength(4)
  })

  it('is not kept waiting by one whose share is used up', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, holder: 'small:1', share: 0.05, want: 9 }, start).row
    const mine = leaseFrom(row, { ...asks, number: 2, want: 20, events: [opened] }, start)
    expect(mine.permits).toHaveLength(9)
  })

  it('is not kept waiting by one that no longer asks', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, holder: 'other:1', want: 20 }, start).row
    const mine = leaseFrom(row, { ...asks, number: 2, want: 20, events: [opened] }, start + 2_001)
    expect(mine.permits).toHaveLength(9)
  })

  it('of one with a machine whose clock is wrong goes by the time that the others know', () => {
    const { row } = leaseFrom(newRow(first), { ...asks, events: [] }, start)
    const next = leaseFrom(row, { ...asks, number: 2, want: 9, events: [opened] }, start + 5)
    expect(next.permits).toHaveLength(9)
    const wrong = { ...asks, holder: 'late:1', now: start + 3_600_000, clockKnown: false }
    expect(leaseFrom(next.row, wrong, start + 10).permits).toHaveLength(0)
    expect(leaseFrom(next.row, { ...wrong, clockKnown: true }, start + 10).permits).toHaveLength(1)
  })

  it('of one that is behind about the time goes by the time of the one before', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, number: 2, want: null, events: [opened], now: start + 900 }, start).row
    const behind = { ...asks, holder: 'behind:1' }
    expect(leaseFrom(row, behind, start).now).toBe(start + 900)
    expect(leaseFrom(row, { ...behind, clockKnown: false }, start - 60_000).now).toBe(start + 900)
    // One of the two is wrong.
    expect(leaseFrom(row, { ...behind, now: start - 4_200 }, start).now).toBe(start - 4_200)
  })

  it('that gives permits back has not taken them', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, number: 2, want: 4, events: [opened] }, start).row
    const unused: RowEvent = {
      kind: 'settled',
      permit: { probe: false },
      answer: { kind: 'unused' },
      now: start,
    }
    row = leaseFrom(row, { ...asks, number: 3, want: null, events: [unused] }, start).row
    expect(row.holders['run:1']?.taken).toEqual({ reset, count: 3 })
    const resent: RowEvent = { kind: 'resent', count: 2, now: start }
    row = leaseFrom(row, { ...asks, number: 4, want: null, events: [resent] }, start).row
    expect(row.holders['run:1']?.taken).toEqual({ reset, count: 5 })
  })

  it('of one that was taken for dead learns from its headers, and takes nothing from the others', () => {
    const { row } = leaseFrom(newRow(first), asks, start)
    const now = start + 20_001
    const other = leaseFrom(row, { ...asks, holder: 'other:1', now }, now).row
    expect(other.budget.inFlight).toBe(1)
    const back = leaseFrom(other, { ...asks, now, number: 2, want: null, events: [opened] }, now + 1).row
    expect(back.budget.inFlight).toBe(1)
    expect(back.budget.window?.limit).toBe(20)
  })

  it('tells the same one by one as in a batch', () => {
    const answer = fc.oneof(
      fc
        .record({ remaining: fc.integer({ min: 0, max: 60 }), later: fc.constantFrom(0, 0, 0, 61) })
        .map(({ remaining, later }) => headers(60, remaining, reset + later)),
      fc.constantFrom(
        { kind: 'lost' as const },
        { kind: 'unused' as const },
        { kind: 'nothing_learned' as const },
        { kind: 'rate_limited' as const, rateLimit: { limit: 60, remaining: 3, reset } },
      ),
    )
    const event: fc.Arbitrary<RowEvent> = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.tuple(fc.boolean(), answer, fc.nat(70_000)).map(([probe, what, after]) => ({
          kind: 'settled' as const,
          permit: { probe },
          answer: what,
          now: start + after,
        })),
      },
      { weight: 1, arbitrary: fc.nat(3).map((count) => ({ kind: 'resent' as const, count, now: start })) },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let begun = leaseFrom(newRow(first), asks, start).row
        begun = leaseFrom(begun, { ...asks, number: 2, want: 20, events: [opened] }, start).row
        const tell: RowAsk = { ...asks, number: 3, want: null, now: start + 80_000 }
        const batch = leaseFrom(begun, { ...tell, events }, start).row
        let single: SharedRow = begun
        for (const [index, one] of events.entries())
          single = leaseFrom(single, { ...tell, number: 3 + index, events: [one] }, start).row
        expect(single.budget).toEqual(events.length === 0 ? begun.budget : batch.budget)
        expect(readRow(writeRow(batch))).toEqual(batch)
      }),
    )
  })

  it('that has left has no permits out and waits for nothing', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    const permit: Permit = { probe: true }
    row = leaseFrom(
      row,
      {
        ...asks,
        number: 2,
        want: null,
        leaves: true,
        events: [{ kind: 'settled', permit, answer: { kind: 'unused' }, now: start }],
      },
      start,
    ).row
    expect(row.holders).toEqual({})
    expect(row.budget.inFlight).toBe(0)
  })
})

describe('whoever leaves with calls under way', () => {
  const asks: RowAsk = { ...plainAsk, want: 2 }

  it('keeps nobody waiting in an org without limits', () => {
    let { row } = leaseFrom(newRow(first), { ...asks, want: 1 }, start)
    const bare: BudgetAnswer = { kind: 'answered', rateLimit: null }
    const events: RowEvent[] = [{ kind: 'settled', permit: { probe: true }, answer: bare, now: start }]
    row = leaseFrom(row, { ...asks, number: 2, events }, start).row
    const other = { ...asks, holder: 'run:2' }
    expect(leaseFrom(row, other, start + 10).permits).toEqual([])
    row = leaseFrom(row, { ...asks, number: 3, want: null, leaves: true }, start + 20).row
    expect(row.holders).toEqual({})
    expect(leaseFrom(row, other, start + 30).permits).toHaveLength(2)
  })

  it('has spent them, and they may still arrive in the next window', () => {
    let { row } = leaseFrom(newRow(first), { ...asks, want: 1 }, start)
    const events: RowEvent[] = [
      { kind: 'settled', permit: { probe: true }, answer: headers(20, 19), now: start },
    ]
    row = leaseFrom(row, { ...asks, number: 2, want: 4, events }, start).row
    row = leaseFrom(row, { ...asks, number: 3, want: null, leaves: true }, start + 20).row
    expect(row.budget).toMatchObject({ inFlight: 0, window: { spent: 5 }, unattributed: [{ count: 4 }] })
  })
})

describe('a probe that hangs while no limit is known', () => {
  const asks: RowAsk = { ...plainAsk, workLeft: 9 }
  const later = (milliseconds: number): Pick<RowAsk, 'now'> => ({ now: start + milliseconds })

  it('keeps nobody waiting for longer than 3 s once its holder says that it is overdue', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, ...later(2_000), number: 2, silent: 1 }, start + 2_000).row
    const other = { ...asks, holder: 'run:2', ...later(3_100) }
    expect(leaseFrom(row, { ...other, ...later(2_900) }, start + 2_900).permits).toEqual([])
    // It is the turn of the one who has waited for longer; both ask at any moment.
    row = leaseFrom(row, other, start + 3_100).row
    expect(
      leaseFrom(row, { ...asks, ...later(3_200), number: 3, silent: 1 }, start + 3_200).permits,
    ).toHaveLength(1)
  })

  it('says nothing about a later one of another holder, which may not have left', () => {
    let { row } = leaseFrom(newRow(first), asks, start)
    row = leaseFrom(row, { ...asks, ...later(2_000), number: 2, want: 0, silent: 1 }, start + 2_000).row
    const other = { ...asks, holder: 'run:2', ...later(3_100) }
    const second = leaseFrom(row, other, start + 3_100)
    expect(second.permits).toHaveLength(1)
    // The first one's answer is lost, and its holder only tells that: what it has said before counts no longer.
    const lost: RowEvent[] = [
      {
        kind: 'settled',
        permit: { probe: true, grantedAt: start },
        answer: { kind: 'lost' },
        now: start + 4_000,
      },
    ]
    row = leaseFrom(
      second.row,
      { ...asks, ...later(4_000), number: 3, want: null, events: lost },
      start + 4_000,
    ).row
    expect(leaseFrom(row, { ...other, ...later(9_000), number: 2 }, start + 9_000).permits).toEqual([])
    expect(leaseFrom(row, { ...other, ...later(19_000), number: 2 }, start + 19_000).permits).toHaveLength(1)
  })
})

describe('a row that can not be read', () => {
  it('is no row, and never an empty one', () => {
    const text = writeRow(newRow({ share: 1, earlierSends: [1, 2.5], earlierLimit: 3, earlierUnknown: true }))
    expect(readRow(text)).not.toBeNull()
    for (const bad of [
      '',
      '{}',
      'null',
      text.slice(0, -1),
      text.replace('"version":1', '"version":2'),
      text.replace('"turns":0,', ''),
    ])
      expect(readRow(bad)).toBeNull()
  })
})

describe('a row of an earlier build', () => {
  it('is read with all that it remembered of requests without an answer', () => {
    const row = newRow({ share: 1, earlierSends: [], earlierLimit: null, earlierUnknown: false })
    const written = JSON.parse(writeRow(row)) as { budget: object }
    const read = (unattributed: object): SharedRow | null =>
      readRow(JSON.stringify({ ...written, budget: { ...written.budget, unattributed } }))
    expect(read({ count: 0, countBefore: 0, since: 0 })).toEqual(row)
    const earlier = read({ count: 2, countBefore: 1, since: start })
    expect(earlier?.budget.unattributed).toEqual([{ until: start + 61_000, count: 3 }])
    expect(read({ count: 2 })).toBeNull()
  })
})
