import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OktaClock } from '../../src/okta/clock.ts'

const origin = Date.parse('2026-03-02T10:00:00.250Z')

/** Okta's clock and ours, an answer travelling between them; the test moves the time. */
class World {
  monotonic = 5_000
  oktaAhead = origin
  /** How far the wall clock is ahead of the monotonic one. */
  wallAhead = 42
  readonly clock = new OktaClock(
    () => this.monotonic,
    () => this.monotonic + this.wallAhead,
  )

  /** Okta's true time. */
  get truth(): number {
    return this.monotonic + this.oktaAhead
  }

  answer(there: number, back: number, meanwhile: () => void = () => {}): void {
    const sentAt = this.clock.mark()
    this.monotonic += there
    const date = new Date(Math.floor(this.truth / 1000) * 1000).toUTCString()
    meanwhile()
    this.monotonic += back
    this.clock.observe(date, sentAt, this.clock.mark())
  }

  /** The machine sleeps: the monotonic clock stands still, and the wall clock does not. */
  sleep(ms: number): void {
    this.oktaAhead += ms
    this.wallAhead += ms
  }
}

describe('OktaClock', () => {
  it('goes by the fallback until an answer has carried a date', () => {
    const { clock } = new World()
    expect(clock.now()).toBe(5_042)
    expect(clock.nowAtLeast()).toBe(5_042)
    expect(clock.nowAtMost()).toBe(5_042)
    clock.observe(undefined, 0, 1)
    clock.observe('yesterday', 0, 1)
    clock.observe('', 0, 1)
    expect(clock.now()).toBe(5_042)
  })

  it('does not move with this machine’s clock while Okta’s time is not known', () => {
    const world = new World()
    world.wallAhead -= 120_000
    expect(world.clock.now()).toBe(5_042)
    world.monotonic += 1_000
    world.wallAhead += 500_000
    expect(world.clock.nowAtLeast()).toBe(6_042)
    expect(world.clock.correctionMs).toBeNull()
    world.answer(0, 0)
    expect(world.clock.correctionMs).toBe(world.clock.nowAtLeast() - 6_042)
  })

  it('is told by the resets of rate limits where answers have no date, and then by the first date alone', () => {
    const windows = fc.array(
      fc.record({
        // A counter lags by up to 15 s, and a window is open for a minute.
        left: fc.integer({ min: -14_000, max: 60_000 }),
        pause: fc.integer({ min: 0, max: 90_000 }),
        back: fc.integer({ min: 0, max: 4_000 }),
      }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(windows, (seen) => {
        const world = new World()
        for (const { left, pause, back } of seen) {
          const sentAt = world.clock.mark()
          const reset = Math.floor((world.truth + left) / 1000)
          world.monotonic += back
          world.clock.observeReset(reset, sentAt, world.clock.mark())
          world.monotonic += pause
          expect(world.clock.known).toBe(true)
          expect(world.clock.dated).toBe(false)
          expect(world.clock.machineBehindMs).toBeNull()
          expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
          expect(world.clock.nowAtMost()).toBeGreaterThanOrEqual(world.truth)
        }
        world.answer(10, 10)
        expect(world.clock.dated).toBe(true)
        expect(world.clock.nowAtMost() - world.clock.nowAtLeast()).toBeLessThanOrEqual(1_020)
        world.clock.observeReset(
          Math.floor(world.truth / 1000) + 3_600,
          world.clock.mark(),
          world.clock.mark(),
        )
        expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
        expect(world.clock.nowAtMost()).toBeGreaterThanOrEqual(world.truth)
      }),
    )
  })

  it('takes no reset for a time that can be none', () => {
    const { clock } = new World()
    clock.observeReset(60, 0, 1)
    expect(clock.known).toBe(false)
  })

  it('is never later than Okta with nowAtLeast, and no more than a second and a round trip behind', () => {
    const travel = fc.record({
      there: fc.integer({ min: 0, max: 4_000 }),
      back: fc.integer({ min: 0, max: 4_000 }),
      pause: fc.integer({ min: 0, max: 90_000 }),
    })
    const skew = fc.integer({ min: -600_000, max: 600_000 })
    fc.assert(
      fc.property(skew, fc.array(travel, { minLength: 1, maxLength: 30 }), (offset, travels) => {
        const world = new World()
        world.oktaAhead += offset
        let fastest = Number.POSITIVE_INFINITY
        for (const { there, back, pause } of travels) {
          world.answer(there, back)
          fastest = Math.min(fastest, there + back)
          world.monotonic += pause
          expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
          expect(world.clock.nowAtMost()).toBeGreaterThanOrEqual(world.truth)
          expect(world.clock.nowAtMost() - world.truth).toBeLessThanOrEqual(1_000 + fastest)
          expect(world.truth - world.clock.nowAtLeast()).toBeLessThanOrEqual(1_000 + fastest)
          expect(Math.abs(world.truth - world.clock.now())).toBeLessThanOrEqual((1_000 + fastest) / 2)
        }
      }),
    )
  })

  it('narrows down to far less than a second from answers at different parts of the second', () => {
    const world = new World()
    for (let i = 0; i < 100; i++) {
      world.answer(20, 20)
      world.monotonic += 957
    }
    expect(Math.abs(world.clock.now() - world.truth)).toBeLessThan(60)
    expect(world.truth - world.clock.nowAtLeast()).toBeLessThan(120)
  })

  it('begins again when Okta’s clock is set, back as well as forward', () => {
    for (const jump of [-180_000, 180_000]) {
      const world = new World()
      for (let i = 0; i < 20; i++) {
        world.answer(20, 20)
        world.monotonic += 333
      }
      world.oktaAhead += jump
      world.answer(20, 20)
      expect(Math.abs(world.clock.now() - world.truth)).toBeLessThanOrEqual(520)
      expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
    }
  })

  it('advances with the monotonic clock, not with the answers', () => {
    const world = new World()
    world.answer(50, 50)
    const before = world.clock.now()
    world.monotonic += 12_345
    expect(world.clock.now() - before).toBe(12_345)
  })

  it('is not sure after a sleep until an answer has come, and holds the time before and after it for possible', () => {
    const world = new World()
    expect(world.clock.sure).toBe(true)
    world.answer(20, 20)
    world.sleep(60_000)
    expect(world.clock.sure).toBe(false)
    expect(Math.abs(world.clock.now() - world.truth)).toBeLessThanOrEqual(520)
    expect(world.truth - world.clock.nowAtLeast()).toBeGreaterThanOrEqual(60_000)
    expect(world.clock.nowAtMost()).toBeGreaterThanOrEqual(world.truth)
    world.monotonic += 5
    world.answer(20, 20)
    expect(world.clock.sure).toBe(true)
    expect(world.truth - world.clock.nowAtLeast()).toBeLessThanOrEqual(1_040)
  })

  it('learns from an answer to the call whose mark was the first look after a sleep', () => {
    for (const isFirst of [true, false]) {
      const world = new World()
      if (!isFirst) world.answer(20, 20)
      world.sleep(60_000)
      world.answer(20, 20)
      expect(world.clock.known).toBe(true)
      expect(world.clock.sure).toBe(true)
      expect(Math.abs(world.clock.now() - world.truth)).toBeLessThanOrEqual(520)
    }
  })

  it('learns nothing of the time after a sleep from an answer to a call that left before it', () => {
    for (const isFirst of [true, false]) {
      const world = new World()
      if (!isFirst) world.answer(20, 20)
      world.answer(20, 20, () => world.sleep(60_000))
      expect(world.clock.known).toBe(!isFirst)
      expect(world.clock.sure).toBe(isFirst)
      world.monotonic += 5
      world.answer(20, 20)
      expect(world.clock.sure).toBe(true)
      expect(Math.abs(world.clock.now() - world.truth)).toBeLessThanOrEqual(520)
    }
  })

  it('is not sure after the wall clock was set forward, and learns that Okta’s time is the same', () => {
    const world = new World()
    world.answer(20, 20)
    const before = Date.parse(world.clock.timestamp())
    world.wallAhead += 3_600_000
    expect(world.clock.sure).toBe(false)
    expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
    expect(Date.parse(world.clock.timestamp()) - before).toBeLessThan(1_000)
    world.monotonic += 5
    world.answer(20, 20)
    expect(world.clock.sure).toBe(true)
    expect(Math.abs(world.clock.now() - world.truth)).toBeLessThanOrEqual(520)
  })

  it('stays sure when the wall clock is corrected or set back, and sees a sleep after that', () => {
    const world = new World()
    world.answer(20, 20)
    world.wallAhead += 400
    expect(world.clock.sure).toBe(true)
    world.wallAhead -= 3_600_000
    expect(world.clock.sure).toBe(true)
    world.sleep(30_000)
    expect(world.clock.sure).toBe(false)
  })

  it('never holds a time for impossible that may be Okta’s, however the machine sleeps and is set', () => {
    // A shorter sleep may hide behind a correction of the clock, and a correction behind a leap.
    const sleepMs = fc.integer({ min: 2_000, max: 90_000 })
    const happening = fc.oneof(
      fc.record({ kind: fc.constant('answer' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
      fc.record({ kind: fc.constant('answer over a sleep' as const), ms: sleepMs }),
      fc.record({ kind: fc.constant('sleep' as const), ms: sleepMs }),
      fc.record({ kind: fc.constant('set' as const), ms: fc.integer({ min: -90_000, max: 90_000 }) }),
      fc.record({ kind: fc.constant('work' as const), ms: fc.integer({ min: 1, max: 9_000 }) }),
    )
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const world = new World()
        world.answer(20, 20)
        for (const { kind, ms } of happenings) {
          world.monotonic += 1
          if (kind === 'answer') world.answer(ms / 2, ms / 2)
          else if (kind === 'answer over a sleep') world.answer(10, 10, () => world.sleep(ms))
          else if (kind === 'sleep') world.sleep(ms)
          else if (kind === 'set') world.wallAhead += ms
          else world.monotonic += ms
          // The clock is looked at many times a second.
          expect(world.clock.nowAtLeast()).toBeLessThanOrEqual(world.truth)
          expect(world.clock.nowAtMost()).toBeGreaterThanOrEqual(world.truth)
        }
      }),
    )
  })
})
