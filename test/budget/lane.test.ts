import { describe, expect, it } from 'vitest'
import { firstBudget } from '../../src/budget/first-budget.ts'
import { budgetAnswer, newLane, reportOf } from '../../src/budget/lane.ts'
import { secondsLeft } from '../../src/budget/time-left.ts'
import { answerOf, refusalOf, strangersAnswer } from '../okta/answers.ts'
import { headers, reset, roundTrip, start } from './budget-play.ts'
import { lifecycle } from './pacing.ts'

const share = 0.5
const limit = 10

/** The lane of an execution that has sent nothing yet, after one that sent so many a second before. */
function begun(sentBefore: number, earlierLimit: number | null = limit) {
  const budget = firstBudget(
    {
      share,
      earlierSends: () => Array.from({ length: sentBefore }, () => start - 1_000),
      earlierLimit: () => earlierLimit,
    },
    lifecycle,
  )
  const lane = newLane(lifecycle, budget)
  const request = { send: () => Promise.reject(new Error('nothing is sent here')) }
  lane.waiting.push({ request, resolve: () => {}, reject: () => {} })
  return { budget, lane }
}

describe('the report on a bucket that has not answered yet', () => {
  it('says until when an earlier execution has used up the share, and counts on it', () => {
    const { budget, lane } = begun(5)
    const report = reportOf(lane, budget, start)
    expect(report.waiting?.why).toBe('share_used')
    // A window of the second before the sends lasts until then.
    expect(report.waiting?.until).toBeGreaterThan(start + 60_000)
    expect(report.waiting?.until).toBeLessThan(start + 70_000)
    const seconds = secondsLeft(10, [{ bucket: report, perTask: 1 }], 20, start)
    expect(seconds).toBeGreaterThan(120)
    expect(seconds).toBeLessThan(140)
  })

  it('waits for nothing where the share has room, or no limit is known', () => {
    for (const { budget, lane } of [begun(4), begun(5, null)])
      expect(reportOf(lane, budget, start).waiting).toBeNull()
  })

  it('says what the share allows by the limit that was seen last', () => {
    const { budget, lane } = begun(0)
    expect(reportOf(lane, budget, start)).toMatchObject({ limit: null, allowance: 5 })
    const seen = roundTrip(budget, start, headers(20, 19, reset))
    expect(reportOf(lane, seen, start)).toMatchObject({ limit: 20, allowance: 10, waiting: null })
  })
})

describe('the report on a bucket that others use as well', () => {
  it('counts on what they are likely to leave, now and in the windows after', () => {
    const { budget, lane } = begun(0, null)
    // Half of the window has passed, and they have used two thirds of it.
    const at = start + 30_000
    const report = reportOf(lane, roundTrip(budget, at, headers(60, 20, reset)), at)
    expect(report).toMatchObject({ allowance: 30, leftNow: 0, likely: 5 })
    expect(report.waiting).toMatchObject({ why: 'others', until: (reset + 1) * 1000 })
    // Five for each of the windows after this one, in which they are looked for.
    const seconds = secondsLeft(12, [{ bucket: report, perTask: 1 }], 20, at)
    expect(seconds).toBeCloseTo(31 + 2 * 61 + 2 / 20)
  })

  it('leaves it at the share where they use little', () => {
    const { budget, lane } = begun(0, null)
    const at = start + 30_000
    const report = reportOf(lane, roundTrip(budget, at, headers(60, 58, reset)), at)
    expect(report).toMatchObject({ allowance: 30, leftNow: 29, likely: 30 })
  })
})

describe('what a budget learns', () => {
  it('of an error of something on the way to Okta: the request may still arrive', () => {
    for (const status of [502, 503, 504])
      expect(budgetAnswer(strangersAnswer(status, '<html>'))).toEqual({ kind: 'lost' })
  })

  it('of answers without headers: that there are none', () => {
    for (const answer of [refusalOf(500, 'E0000009'), answerOf(200, '{}'), strangersAnswer(200, '<html>')])
      expect(budgetAnswer(answer)).toEqual({ kind: 'answered', rateLimit: null })
  })
})
