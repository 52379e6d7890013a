import { describe, expect, it } from 'vitest'
import { pick, seededRandom } from '../../../src/sandbox/seed/random.ts'

describe('seeded random numbers', () => {
  it('are the same for the same seed, and lie from 0 up to 1', () => {
    const [one, same] = [seededRandom(7), seededRandom(7)]
    const numbers = Array.from({ length: 10_000 }, one)
    expect(Array.from({ length: 10_000 }, same)).toEqual(numbers)
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1)
  })

  it('differ from the first number on where the seeds are 0, 1, 2 …', () => {
    const first = Array.from({ length: 40 }, (_, seed) => seededRandom(seed)())
    const tenths = new Set(first.map((number) => Math.floor(number * 10)))
    expect(tenths.size).toBeGreaterThanOrEqual(8)
  })

  it('pick each member of a list', () => {
    const random = seededRandom(1)
    expect(new Set(Array.from({ length: 100 }, () => pick(['a', 'b', 'c'], random)))).toEqual(
      new Set(['a', 'b', 'c']),
    )
  })
})
