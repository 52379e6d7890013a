import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowance, type Simulation, type SimulationOptions, simulate } from './simulate.ts'

const minute = 60_000
/** An ordinary run in an ordinary network. */
const plain = { concurrency: 10, windowSeconds: 60, lag: 200, latency: [50, 200] as const }

/** What any org and network may be like, as long as headers come and are true. */
const worlds = fc.record({
  seed: fc.integer({ min: 0 }),
  share: fc.constantFrom(0.1, 0.25, 0.5, 0.9, 1),
  concurrency: fc.constantFrom(1, 3, 10, 30),
  lag: fc.integer({ min: 0, max: 999 }),
  latency: fc.constantFrom<readonly [number, number]>([1, 30], [50, 300], [20, 2_500]),
})

function expectWithinShare({ windows }: Simulation, { share }: Pick<SimulationOptions, 'share'>): void {
  for (const { ours, refusedOurs, limit } of windows)
    expect(ours + refusedOurs).toBeLessThanOrEqual(allowance(share, limit))
}

function expectProgress(simulation: Simulation, windowSeconds: number, lag: number): void {
  // A window, the second named by its reset, and a look a second later at most.
  expect(simulation.longestPause).toBeLessThanOrEqual((windowSeconds + 2) * 1000 + lag + 1_000)
}

describe('a budget against a model of Okta’s counter', () => {
  it('never takes more than its share of any window, and never meets a 429, when it is alone', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(300, 600, 1_200), (world, limit) => {
        const options = { ...world, windowSeconds: 60, limitOf: () => limit, duration: 4 * minute }
        const simulation = simulate(options)
        expectWithinShare(simulation, options)
        expectProgress(simulation, 60, world.lag)
        expect(simulation.windows.every((window) => window.refusedOurs === 0)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('uses the whole of its share in each window', () => {
    const whole = { ...{ seed: 7, share: 0.5, concurrency: 10, lag: 300 }, latency: [50, 300] as const }
    const { windows } = simulate({ ...whole, windowSeconds: 60, limitOf: () => 300, duration: 5 * minute })
    expect(windows.slice(0, 4).map(({ ours }) => ours)).toEqual([150, 150, 150, 150])
    // A window comes round every 61 seconds, and the next begins no later than the clock's uncertainty asks.
    const openings = windows.map(({ opened }) => opened)
    for (const [index, opened] of openings.slice(1).entries())
      expect(opened - (openings[index] ?? 0)).toBeLessThan(63_000)
  })

  it('keeps to a share that is smaller than what may be in flight', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(1, 2, 4, 10), (world, limit) => {
        // Slower answers than these may need a second look at the window, and so a second request.
        const latency = [20, 1_400] as const
        const options = { ...world, latency, windowSeconds: 60, limitOf: () => limit, duration: 6 * minute }
        expectWithinShare(simulate(options), options)
      }),
      { numRuns: 40 },
    )
  })

  it('follows limits that change from window to window', () => {
    const limits = fc.array(fc.constantFrom(40, 50, 300, 600), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(worlds, limits, (world, changing) => {
        const limitOf = (window: number): number => changing[window % changing.length] ?? 50
        const options = { ...world, concurrency: 3, windowSeconds: 60, limitOf, duration: 6 * minute }
        const simulation = simulate(options)
        expectWithinShare(simulation, options)
        expectProgress(simulation, 60, world.lag)
      }),
      { numRuns: 60 },
    )
  })

  it('goes down and up again where the limit is 300, 50, 300', () => {
    const { windows } = simulate({
      seed: 3,
      share: 0.5,
      concurrency: 10,
      lag: 500,
      latency: [50, 400],
      windowSeconds: 60,
      limitOf: (window) => (window === 1 ? 50 : 300),
      duration: 4 * minute,
    })
    expect(windows.slice(0, 3).map(({ ours }) => ours)).toEqual([150, 25, 150])
  })

  it.each([1, 5, 10, 120])('learns a window of %i seconds', (windowSeconds) => {
    fc.assert(
      fc.property(worlds, (world) => {
        const options = {
          ...world,
          latency: [20, 200] as const,
          windowSeconds,
          limitOf: () => 300,
          duration: windowSeconds * 8_000,
        }
        const simulation = simulate(options)
        expectWithinShare(simulation, options)
        expectProgress(simulation, windowSeconds, world.lag)
      }),
      { numRuns: 20 },
    )
  })

  it('counts requests from before windows were known to be short in the window that they opened', () => {
    const options = {
      seed: 1_832_885_202,
      share: 0.1,
      concurrency: 3,
      lag: 8,
      latency: [20, 200] as const,
      windowSeconds: 1,
      limitOf: () => 300,
      duration: 8_000,
    }
    expectWithinShare(simulate(options), options)
  })

  it('goes on, without a busy loop, where answers are lost', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(0.1, 0.5, 0.9), (world, part) => {
        const options = { ...world, windowSeconds: 60, limitOf: () => 300, duration: 4 * minute }
        const simulation = simulate({ ...options, lost: { part, afterMs: 10_000 } })
        expect(simulation.windows.length).toBeGreaterThanOrEqual(3)
        expect(simulation.wakes).toBeLessThan(2 * simulation.sent + options.duration / 100)
      }),
      { numRuns: 40 },
    )
  })

  it('goes on, at two in flight at most, where no answer has headers', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const options = { ...world, windowSeconds: 60, limitOf: () => 10_000, duration: minute }
        const { windows, wakes, sent } = simulate({ ...options, headerless: 1, latency: [100, 100] })
        const [window] = windows
        // Two at once, each 200 ms: ten in a second.
        expect(window?.ours).toBeLessThanOrEqual(601)
        expect(window?.ours).toBeGreaterThan(world.concurrency === 1 ? 250 : 500)
        expect(wakes).toBeLessThan(2 * sent + options.duration / 100)
      }),
      { numRuns: 20 },
    )
  })

  it('holds its share of the windows in which headers come, though some answers lack them', () => {
    const options = { seed: 11, share: 0.5, concurrency: 10, lag: 100, latency: [50, 300] as const }
    const simulation = simulate({
      ...options,
      windowSeconds: 60,
      limitOf: () => 300,
      duration: 4 * minute,
      headerless: 0.05,
    })
    expect(simulation.sent).toBeGreaterThan(400)
    expect(simulation.windows.every(({ refusedOurs }) => refusedOurs === 0)).toBe(true)
  })

  it('leaves what is left to others once their rate is known', () => {
    // They use the counter from its first moment, we begin later in the same window and take the larger share.
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        const { windows } = simulate({
          seed,
          share: 0.5,
          concurrency: 10,
          lag: 100,
          latency: [50, 200],
          windowSeconds: 60,
          limitOf: () => 300,
          duration: 4 * minute,
          othersPerMinute: 100,
        })
        expect(windows.every(({ refusedOthers, refusedOurs }) => refusedOthers + refusedOurs === 0)).toBe(
          true,
        )
      }),
      { numRuns: 20 },
    )
  })

  it.each([
    [300, 200, 0.5],
    [600, 400, 0.5],
    [100, 60, 0.5],
    [100, 60, 1],
    [50, 30, 1],
  ])(
    'has none of others refused once their rate was seen: of %i with %i a minute of theirs, at a share of %f',
    (limit, theirs, share) => {
      const options = { ...plain, share, limitOf: () => limit, duration: 5 * minute }
      for (let seed = 0; seed < 5; seed++) {
        const { windows } = simulate({ ...options, seed, othersPerMinute: theirs })
        // The first window shows their rate; from the second on it is known. The last is cut off.
        const later = windows.slice(1, -1)
        expect(later.length).toBeGreaterThanOrEqual(2)
        for (const { refusedOthers, ours } of later) {
          expect(refusedOthers).toBe(0)
          // And the run gets most of what they leave.
          expect(ours).toBeGreaterThanOrEqual(Math.min(share * limit, limit - theirs) * 0.7)
        }
      }
    },
  )

  it.each([
    [
      'where the answer to the request that opened a window was lost',
      { lost: { part: 0.3, afterMs: 1_000 } },
    ],
    ['where the first answers of a window carried no headers', { headerless: 0.3 }],
  ])('keeps to its share %s', (_name, faults) => {
    for (let seed = 0; seed < 30; seed++) {
      const options = { ...plain, seed, share: 0.5, limitOf: () => 50, duration: 5 * minute }
      for (const { ours, limit } of simulate({ ...options, ...faults }).windows)
        expect(ours).toBeLessThanOrEqual(allowance(0.5, limit))
    }
  })
})
