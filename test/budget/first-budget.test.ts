import { describe, expect, it } from 'vitest'
import { exhaustedUntil } from '../../src/budget/budget-state.ts'
import { firstBudget } from '../../src/budget/first-budget.ts'
import { permits } from '../../src/budget/permits.ts'
import { headers, reset, roundTrip, start } from './budget-play.ts'

const bucket = '/api/v1/users'
const limit = 30

function begun(earlierUnanswered: readonly number[], sends: readonly number[] = earlierUnanswered) {
  return firstBudget(
    {
      share: 0.1,
      earlierSends: () => sends,
      earlierLimit: () => limit,
      earlierUnanswered: () => earlierUnanswered,
    },
    bucket,
  )
}

/** A bucket whose window opens at a time with the first request of the present execution. */
function opened(state: ReturnType<typeof begun>, at: number) {
  return roundTrip(state, at, headers(limit, limit - 1, at / 1000 + 60))
}

describe('a call of an earlier execution that nobody saw answered', () => {
  it('counts in the window that is seen first, once', () => {
    const state = opened(begun([start - 1_000], [start - 2_000]), start)
    expect(state.window?.spent).toBe(2)
  })

  it('counts in a window that opens long after it was let go', () => {
    expect(opened(begun([start - 40_000]), start).window?.spent).toBe(2)
    expect(opened(begun([start - 200_000]), start).window?.spent).toBe(1)
  })

  it('counts in the next window too, as long as it may still arrive', () => {
    const first = roundTrip(begun([start - 1_000]), start, headers(limit, limit - 1, start / 1000 + 2))
    const soon = start + 4_000
    expect(opened(first, soon).window?.spent).toBe(2)
    const late = start + 70_000
    const second = roundTrip(first, late, headers(limit, limit - 1, late / 1000 + 2))
    expect(opened(second, late + 4_000).window?.spent).toBe(1)
  })

  it('leaves no room for a probe where the share is used up by others like it, until it counts no more', () => {
    const state = begun([start, start, start])
    expect(permits(state, start + 1_000, 100)).toBe(0)
    expect(permits(state, start + 123_000, 100)).toBe(1)
  })

  it('counts in whatever order the runs are that sent it', () => {
    const sent = [start - 1_000, start - 300_000, start - 200_000]
    const state = firstBudget({ share: 0.1, earlierSends: () => sent, earlierLimit: () => 10 }, bucket)
    expect(permits(state, start, 100)).toBe(0)
    expect(permits(state, start + 66_000, 100)).toBe(1)
    // Times far in the future, of a clock that had leapt, do not hide them.
    const leapt = firstBudget(
      {
        share: 0.1,
        earlierSends: () => [...sent, start + 3_600_000, start + 3_600_001],
        earlierLimit: () => 10,
      },
      bucket,
    )
    expect(permits(leapt, start, 100)).toBe(0)
    // With others between them that had no answer, too.
    const open = begun(
      [start - 100, start - 400_000],
      [start - 100, start - 1_000, start - 400_000, start - 200],
    )
    expect(open.earlierSends).toEqual([start - 200, start - 100])
  })

  it('is taken for the first that it may be, because those after it count for longer', () => {
    // One was lost in the old window, and one was answered in the new one.
    const state = begun([start + 2_000], [start - 8_000, start + 1_000])
    expect(state.earlierSends).toEqual([start + 1_000])
    expect(opened(state, start + 3_000).window?.spent).toBe(3)
  })

  it('counts in its own bucket alone', () => {
    const facts = {
      share: 0.1,
      earlierSends: () => [],
      earlierUnanswered: (of: string) => (of === bucket ? [start] : []),
    }
    expect(firstBudget(facts, '/api/v1/users').earlierUnanswered).toEqual([start])
    expect(firstBudget(facts, '/api/v1/users/{id}').earlierUnanswered).toBeUndefined()
  })

  it('keeps no probe waiting where our clock is far behind until an answer sets it', () => {
    expect(permits(begun([start, start, start]), start - 3_600_000, 100)).toBe(1)
  })
})

describe('a bucket in which this process was shown before that nothing remains', () => {
  const asked = (remaining: number) => roundTrip(begun([]), start, headers(limit, remaining, reset))

  it('is closed until the window is certainly over', () => {
    const until = exhaustedUntil(asked(0))
    expect(until).toBe((reset + 1) * 1000)
    const state = firstBudget({ share: 1, earlierSends: () => [], earlierExhausted: () => until }, bucket)
    expect(permits(state, until - 1, 1)).toBe(0)
    expect(permits(state, until, 1)).toBe(1)
  })

  it('is open if something remains, or nothing is known', () => {
    expect(exhaustedUntil(asked(1))).toBe(0)
    expect(exhaustedUntil(begun([]))).toBe(0)
    expect(permits(begun([]), start, 1)).toBe(1)
  })
})
