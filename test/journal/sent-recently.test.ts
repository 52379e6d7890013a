import { expect, it } from 'vitest'
import { JournalState } from '../../src/journal/journal-state.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'

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
