import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OktaClock } from '../../src/okta/clock.ts'

const origin = Date.parse('2026-03-02T10:00:00.250Z')

/** Okta's clock and ours, an answer travelling between them; the test moves the time. */
class World {
  monotonic = 5_000
  oktaAhead = origin
  readonly clock = new OktaClock(
    () => this.monotonic,
    () => 42,
  )

  /** Okta's true time. */
  get truth(): number {
    return this.monotonic + this.oktaAhead
  }

  answer(there: number, back: number): void {
    const sentAt = this.clock.mark()
    this.monotonic += there
    const date = new Date(Math.floor(this.truth / 1000) * 1000).toUTCString()
    this.monotonic += back
    this.clock.observe(date, sentAt, this.clock.mark())
  }
}

describe('OktaClock', () => {
  it('goes by the fallback until an answer has carried a date', () => {
    const { clock } = new World()
    expect(clock.now()).toBe(42)
    expect(clock.nowAtLeast()).toBe(42)
    expect(clock.nowAtMost()).toBe(42)
    clock.observe(undefined, 0, 1)
    clock.observe('yesterday', 0, 1)
    clock.observe('', 0, 1)
    expect(clock.now()).toBe(42)
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
})
