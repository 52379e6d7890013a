import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  newSlots,
  type Slots,
  slotsAfterConcurrencyLimit,
  slotsAfterSuccess,
} from '../../src/budget/slots.ts'

function afterSuccesses(slots: Slots, count: number): Slots {
  let current = slots
  for (let i = 0; i < count; i++) current = slotsAfterSuccess(current)
  return current
}

describe('slots', () => {
  it('come to the ceiling while all goes well, and stay there', () => {
    for (const ceiling of [1, 2, 10, 100]) {
      expect(newSlots(ceiling).size).toBeLessThanOrEqual(ceiling)
      expect(afterSuccesses(newSlots(ceiling), 10 * ceiling).size).toBe(ceiling)
      expect(afterSuccesses(newSlots(ceiling), 100 * ceiling).size).toBe(ceiling)
    }
  })

  it('are cut below what was under way when the limit was met, down to one and no further', () => {
    let slots = afterSuccesses(newSlots(32), 100)
    const sizes = []
    for (let i = 0; i < 12; i++) {
      const before = slots.size
      slots = slotsAfterConcurrencyLimit(slots, before, slots.cuts)
      expect(slots.size).toBeLessThan(before === 1 ? 2 : before)
      sizes.push(slots.size)
    }
    expect(sizes.at(-1)).toBe(1)
    expect(sizes[0]).toBeGreaterThanOrEqual(16)
  })

  it('are cut once by the refusals of a crowd, however many of it are refused', () => {
    const before = afterSuccesses(newSlots(10), 100)
    const cut = slotsAfterConcurrencyLimit(before, 10, before.cuts)
    for (let underWay = 9; underWay > 0; underWay--)
      expect(slotsAfterConcurrencyLimit(cut, underWay, before.cuts)).toEqual(cut)
  })

  it('are cut again by the refusal of a request that was sent after the last cut', () => {
    const before = afterSuccesses(newSlots(10), 100)
    const cut = slotsAfterConcurrencyLimit(before, 10, before.cuts)
    const again = slotsAfterConcurrencyLimit(cut, cut.size, cut.cuts)
    expect(again.size).toBeLessThan(cut.size)
    // What was sent between the two cuts tells nothing new either.
    expect(slotsAfterConcurrencyLimit(again, again.size, cut.cuts)).toEqual(again)
  })

  it('grow back one at a time', () => {
    let slots = slotsAfterConcurrencyLimit(afterSuccesses(newSlots(10), 100), 10, 0)
    for (let i = 0; i < 5_000; i++) {
      const next = slotsAfterSuccess(slots)
      expect(next.size - slots.size).toBeGreaterThanOrEqual(0)
      expect(next.size - slots.size).toBeLessThanOrEqual(1)
      slots = next
    }
    expect(slots.size).toBe(10)
  })

  it('meet the same limit only now and then', () => {
    // Okta allows so many at once; every call beyond is refused.
    const allowed = 20
    let slots = newSlots(64)
    let refused = 0
    for (let i = 0; i < 20_000; i++) {
      if (slots.size > allowed) {
        refused++
        slots = slotsAfterConcurrencyLimit(slots, slots.size, slots.cuts)
      } else slots = slotsAfterSuccess(slots)
    }
    expect(refused).toBeLessThan(200)
    expect(slots.size).toBeGreaterThanOrEqual(allowed / 2)
  })

  it('stay between one and the ceiling, and come back to it, whatever has happened', () => {
    const events = fc.array(fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 40 })))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), events, (ceiling, happened) => {
        let slots = newSlots(ceiling)
        for (const underWay of happened) {
          slots =
            underWay === null
              ? slotsAfterSuccess(slots)
              : slotsAfterConcurrencyLimit(slots, underWay, slots.cuts)
          expect(slots.size).toBeGreaterThanOrEqual(1)
          expect(slots.size).toBeLessThanOrEqual(ceiling)
        }
        while (slots.size < ceiling) {
          const later = afterSuccesses(slots, ceiling * 40)
          expect(later.size).toBeGreaterThan(slots.size)
          slots = later
        }
      }),
      { numRuns: 50 },
    )
  })
})
