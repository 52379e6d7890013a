import { describe, expect, it } from 'vitest'
import { JournalState } from '../../src/journal/journal-state.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'

const bucket = '/api/v1/users/{id}'
const start = Date.parse('2026-03-02T10:00:00.000Z')

describe('requests that may have been under way as an execution died', () => {
  it('are the last ones of each bucket, as many as an execution has under way at once', () => {
    const sent = new SentRecently()
    sent.add(bucket, start, 1)
    sent.add(bucket, start + 60_000, 2)
    sent.add('/api/v1/users', start + 60_500, 1)
    sent.add(bucket, start + 61_000, 1)
    expect(sent.underWay(bucket, 10)).toEqual([])
    sent.die()
    const last = [60_000, 60_000, 61_000].map((ms) => start + ms + leavesWithinMs)
    expect(sent.underWay(bucket, 10)).toEqual(last)
    expect(sent.underWay(bucket, 1)).toEqual(last.slice(-1))
    expect(sent.underWay('/api/v1/users/me', 10)).toEqual([])
  })

  it('are those of each execution that died, and come along with what a run has sent', () => {
    const before = new SentRecently()
    before.add(bucket, start, 1)
    before.die()
    before.add(bucket, start + 40_000, 1)
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
