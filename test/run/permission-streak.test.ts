import { describe, expect, it } from 'vitest'
import { PermissionStreak } from '../../src/run/permission-streak.ts'
import { resultOf } from './support.ts'

const failed = (row: number) => resultOf(row, { result: 'failed' })

describe('a streak of missing permissions', () => {
  it('stops at the tenth in a row', () => {
    const streak = new PermissionStreak()
    expect(Array.from({ length: 10 }, () => streak.refusal())).toEqual([...Array(9).fill(false), true])
  })

  it('begins anew after a call that was allowed', () => {
    const streak = new PermissionStreak()
    for (let i = 0; i < 9; i++) streak.refusal()
    streak.allowed()
    expect(Array.from({ length: 10 }, () => streak.refusal())).toEqual([...Array(9).fill(false), true])
  })

  it('keeps the results that rest on its refusals, and only those', () => {
    const streak = new PermissionStreak()
    streak.note(failed(1))
    expect(streak.refused).toEqual([])
    streak.refusal()
    streak.note(failed(2))
    streak.allowed()
    // Its refusal belongs to the streak that the success has ended.
    streak.note(failed(3))
    expect(streak.refused).toEqual([])
    for (let row = 4; row <= 12; row++) {
      streak.refusal()
      streak.note(failed(row))
    }
    expect(streak.refusal()).toBe(true)
    expect(streak.refused.map(({ row }) => row)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12])
  })
})
