import { expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'
import { leavesWithinMs } from '../../src/rules/doubt.ts'
import { answerTo, doubtOf, intentOf, resultOf } from './support.ts'

const start = 1_772_445_600_000
const bucket = '/api/v1/users'

it('remembers the requests that may count in a window, and forgets the others', () => {
  const sent = new SentRecently()
  for (let second = 1; second <= 10_000; second++) sent.add(bucket, start + second * 1_000, 1)
  const last = start + 10_000_000
  expect(sent.times(bucket).filter((time) => time > last - 60_000)).toHaveLength(60)
  expect(sent.times(bucket).length).toBeLessThan(3_000)
})

it('counts each permit, of each bucket by itself', () => {
  const sent = new SentRecently()
  sent.add(bucket, start, 3)
  sent.add('/api/v1/users/me', start + 1, 1)
  sent.add(bucket, start + 2, 2)
  expect(sent.times(bucket)).toEqual([start, start, start, start + 2, start + 2])
  expect(sent.times('/api/v1/users/me')).toEqual([start + 1])
  expect(sent.times('/api/v1/users/{id}')).toEqual([])
})

it('is told by the journal of what was sent, reads included', () => {
  const state = new JournalState(1)
  const read = '/api/v1/users/{id}'
  state.apply({ event: 'permits', bucket: read, count: 2, okta_time: start }, { offset: 0, length: 1 })
  expect(state.sentRecently.times(read)).toEqual([start, start])
  expect(state.sentRecently.limit(read)).toBeNull()
})

it('is told by the journal of the last limit of a bucket', () => {
  const state = new JournalState(1)
  for (const limit of [600, 300]) state.apply({ event: 'limit', bucket, limit }, { offset: 0, length: 1 })
  expect(state.sentRecently.limit(bucket)).toBe(300)
})

it('is told by the journal which calls had no answer, settled or not', () => {
  const state = new JournalState(1)
  const ended = (row: number): JournalEvent => ({ event: 'result', ...resultOf(row) })
  const verdict = {
    event: 'verdict',
    row: 2,
    step: 1,
    attempt: 1,
    verdict: 'not_applied',
    evidence: '',
  } as const
  const events: JournalEvent[] = [
    ...[intentOf(1), answerTo(1), ended(1)],
    ...[intentOf(2), doubtOf(2), verdict, intentOf(2, 2), answerTo(2, 2), ended(2)],
    ...[intentOf(3), doubtOf(3), intentOf(4), intentOf(5, 1, { lost: true })],
  ]
  for (const event of events) state.apply(event, { offset: 0, length: 1 })
  expect(state.sentRecently.unanswered).toEqual([intentOf(2).okta_time + leavesWithinMs])
  expect(state.openCalls).toEqual([3, 4].map((row) => intentOf(row).okta_time + leavesWithinMs))
  const other = new SentRecently()
  other.addUnanswered(start - 10)
  other.takeOver(state.sentRecently)
  expect(other.unanswered).toHaveLength(2)
  other.addUnanswered(start + 3_600_000)
  expect(other.unanswered).toEqual([start + 3_600_000])
})
