import { describe, expect, it } from 'vitest'
import { JournalState } from '../../src/journal/journal-state.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'

const bucket = '/api/v1/users/{id}'
const start = Date.parse('2026-03-02T10:00:00.000Z')

describe('the times of what was sent', () => {
  it('are never later than those of what was sent after it, once Okta has shown its time', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, start)
    // This machine's clock was set forward by an hour, which might have been a sleep.
    sent.add(bucket, start + 3_600_000, 2, start + 1_000)
    sent.add('/api/v1/users', start + 3_600_001, 1, start + 1_001)
    expect(sent.times(bucket)).toEqual([start, start + 3_600_000, start + 3_600_000])
    sent.add(bucket, start + 2_000, 1, start + 1_800)
    expect(sent.times(bucket)).toEqual([0, 2_000, 2_000, 2_000].map((ms) => start + ms))
    expect(sent.times('/api/v1/users')).toEqual([start + 2_000])
  })

  it('are forgotten once they are old, by the earliest time that it can be', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, start)
    for (let index = 1; index < 2046; index++) sent.add(bucket, start + 700_000, 1, start + 700_000)
    // By a clock that has leapt, all of them would be old.
    sent.add(bucket, start + 7_200_000, 1, start + 700_001)
    sent.add(bucket, start + 7_200_000, 1, start + 700_001)
    expect(sent.times(bucket)).toHaveLength(2047)
    expect(sent.times(bucket)[0]).toBe(start + 700_000)
  })

  it('stay as they are after a time that is only that of this machine', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, start)
    sent.add(bucket, start - 3_600_000, 1, null)
    expect(sent.times(bucket)).toEqual([start, start - 3_600_000])
  })

  it('are not after now', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, start)
    sent.add(bucket, start + 3_600_000, 1, start + 1_000)
    expect(sent.times(bucket, start + 60_000)).toEqual([start, start + 60_000])
  })
})

describe('requests that may have been under way as an execution died', () => {
  it('are the last ones of each bucket, as many as an execution has under way at once', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, null)
    sent.add(bucket, start + 60_000, 2, null)
    sent.add('/api/v1/users', start + 60_500, 1, null)
    sent.add(bucket, start + 61_000, 1, null)
    expect(sent.underWay(bucket, 10)).toEqual([])
    sent.die()
    const last = [60_000, 60_000, 61_000].map((ms) => start + ms + leavesWithinMs)
    expect(sent.underWay(bucket, 10)).toEqual(last)
    expect(sent.underWay(bucket, 1)).toEqual(last.slice(-1))
    expect(sent.underWay('/api/v1/users/me', 10)).toEqual([])
  })

  it('are told by the earliest times: a leap of this machine’s clock makes the others far too late', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1, start)
    sent.add('/api/v1/users', start + 3_600_000, 1, start + 1_000)
    sent.die()
    expect(sent.underWay(bucket, 10)).toEqual([start + leavesWithinMs])
  })

  it('are those of each execution that died, and come along with what a run has sent', () => {
    const before = new SentRecently()
    before.add(bucket, start, 1, null)
    before.die()
    before.add(bucket, start + 40_000, 1, null)
    before.die()
    const sent = new SentRecently()
    sent.takeOver(before)
    expect(sent.underWay(bucket, 10)).toEqual([start, start + 40_000].map((time) => time + leavesWithinMs))
  })

  it('are known from the journal, which says that others have ended in good order', () => {
    const state = new JournalState(1)
    let line = 0
    const apply = (event: Parameters<JournalState['apply']>[0]): void =>
      state.apply(event, { offset: line++, length: 1 })
    const begin = { event: 'execution', at: '2026-03-02T10:00:00.000Z' } as const
    const one = (time: number) => ({ event: 'permits', bucket, count: 1, okta_time: time }) as const
    const counts = { requests: {}, retries: {}, worked_ms: 0 }
    apply(begin)
    apply(one(start))
    apply({ event: 'stopped', at: begin.at, state: 'interrupted', reason: null, ...counts })
    apply(begin)
    expect(state.sentRecently.underWay(bucket, 10)).toEqual([])
    apply(one(start + 60_000))
    apply(begin)
    expect(state.sentRecently.underWay(bucket, 10)).toEqual([start + 60_000 + leavesWithinMs])
  })
})
