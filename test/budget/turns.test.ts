import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlayedRun } from './played-run.ts'
import { type Play, playRuns } from './row-play.ts'
import { allowance } from './simulate.ts'

const share = 0.5
/** Windows until their length is known. */
const unknown = 2

const anyRun: fc.Arbitrary<PlayedRun> = fc.record(
  {
    share: fc.constant(share),
    // Enough slots for twice an equal part, however slow everything else is.
    concurrency: fc.integer({ min: 8, max: 20 }),
    lag: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 999 }) }, fc.constantFrom(1_500, 3_000)),
    askTakes: fc.constantFrom([0, 0] as const, [1, 6] as const, [5, 60] as const, [80, 150] as const),
    reads: fc.constantFrom([0, 30] as const, [20, 300] as const),
    begins: fc.integer({ min: 0, max: 80_000 }),
    dies: fc.integer({ min: 1_000, max: 110_000 }),
  },
  { requiredKeys: ['share', 'concurrency', 'lag', 'askTakes'] },
)

/** What the runs that were there all the time have sent in each whole window of a known length. */
function ofWhole(play: Play, runs: readonly PlayedRun[]): readonly (readonly number[])[] {
  const last = play.windows.length - 1
  return runs.flatMap(({ begins, dies }, index) => {
    if (begins !== undefined || dies !== undefined) return []
    return [Array.from({ length: last - unknown }, (_, window) => play.sent[index]?.[window + unknown] ?? 0)]
  })
}

function usedIn({ windows }: Play): number[] {
  return windows.slice(unknown, -1).map(({ ours }) => ours)
}

describe('runs that take turns', () => {
  it('each get at least half of an equal part in each window, and together never more than the share', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(),
          runs: fc.array(anyRun, { minLength: 2, maxLength: 6 }),
          world: fc.constantFrom(
            { windowSeconds: 5, limit: 100, duration: 60_000 },
            { windowSeconds: 20, limit: 300, duration: 130_000 },
          ),
          lostAsks: fc.constantFrom(0, 0, 0.1),
        }),
        ({ seed, runs, world, lostAsks }) => {
          const play = playRuns({ seed, runs, latency: [5, 40], lostAsks, ...world })
          const most = allowance(share, world.limit)
          for (const { ours, refusedOurs } of play.windows)
            expect([ours <= most, refusedOurs]).toEqual([true, 0])
          const least = Math.floor(most / runs.length / 2)
          for (const counts of ofWhole(play, runs)) {
            expect(counts.length).toBeGreaterThan(2)
            expect(Math.min(...counts)).toBeGreaterThanOrEqual(least)
          }
          // What a dead run had out is spent.
          if (ofWhole(play, runs).length === runs.length)
            expect(Math.min(...usedIn(play))).toBeGreaterThanOrEqual(0.9 * most)
        },
      ),
      { numRuns: 15 },
    )
  }, 60_000)

  it('get about the same, however far behind they are about the time and however slowly they ask', () => {
    const runs = [
      { share, concurrency: 5 },
      { share, concurrency: 5, lag: 400 },
      { share, concurrency: 5, lag: 950 },
      { share, concurrency: 10, askTakes: [80, 150] as const },
    ]
    const play = playRuns({
      seed: 3,
      runs,
      windowSeconds: 20,
      limit: 600,
      latency: [5, 20],
      duration: 130_000,
    })
    for (const counts of ofWhole(play, runs)) {
      expect(counts.length).toBeGreaterThan(2)
      for (const count of counts) {
        expect(count).toBeGreaterThanOrEqual(70)
        expect(count).toBeLessThanOrEqual(80)
      }
    }
  })

  it('ask about ten times a second while it is the turn of another', () => {
    const play = playRuns({
      seed: 1,
      runs: [
        { share: 0.7, concurrency: 20 },
        { share: 0.05, concurrency: 20 },
      ],
      windowSeconds: 60,
      limit: 200,
      latency: [5, 40],
      duration: 240_000,
      lost: { part: 0.2, afterMs: 10_000 },
    })
    expect(play.asks).toBeLessThan(2 * 240 * 12)
  })

  it('are one that uses the whole share when it is alone, and when all others have died', () => {
    for (const others of [[], [{ share, concurrency: 10, dies: 30_000 }]]) {
      for (const lag of [0, 600, 3_000]) {
        const play = playRuns({
          seed: 4,
          runs: [{ share, concurrency: 10, lag, reads: [0, 200] }, ...others],
          windowSeconds: 20,
          limit: 300,
          latency: [20, 80],
          duration: 170_000,
        })
        expect(play.windows.length).toBeGreaterThan(6)
        for (const used of usedIn(play).slice(2)) expect(used).toBeGreaterThanOrEqual(0.9 * 150)
      }
    }
  })
})
