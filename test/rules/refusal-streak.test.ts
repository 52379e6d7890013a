import { describe, expect, it } from 'vitest'
import { RefusalStreak } from '../../src/rules/refusal-streak.ts'

/** Refuses the first step of so many rows, one after the other. */
function refuse(streak: RefusalStreak, firstRow: number, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => streak.refusal({ row: firstRow + i, step: 1 }))
}

describe('a streak of refusals', () => {
  it('stops at the tenth in a row', () => {
    expect(refuse(new RefusalStreak(), 1, 10)).toEqual([...Array(9).fill(false), true])
  })

  it('begins anew after a call that was allowed', () => {
    const streak = new RefusalStreak()
    refuse(streak, 1, 9)
    streak.allowed()
    expect(refuse(streak, 11, 10)).toEqual([...Array(9).fill(false), true])
  })

  it('stops at those that come after the tenth as well', () => {
    const streak = new RefusalStreak()
    refuse(streak, 1, 10)
    expect(refuse(streak, 11, 3)).toEqual([true, true, true])
    expect(streak.refused).toHaveLength(13)
  })

  it('knows the tasks that it is made of, and only those', () => {
    const streak = new RefusalStreak()
    expect(streak.refused).toEqual([])
    refuse(streak, 1, 2)
    streak.allowed()
    expect(streak.refused).toEqual([])
    refuse(streak, 4, 9)
    expect(streak.refusal({ row: 20, step: 2 })).toBe(true)
    expect(streak.refused.map(({ row, step }) => [row, step])).toEqual([
      ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((row) => [row, 1]),
      [20, 2],
    ])
  })
})
