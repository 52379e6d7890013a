import { expect, it } from 'vitest'
import { notificationOf, notificationSchema, type Problem } from '../../src/notify/notification.ts'
import { complete } from '../report/summary-sample.ts'

const summary = {
  ...complete,
  state: 'stopped' as const,
  reason:
    'The entry "ada.l" may protect nobody, and Okta answers for ada@example.com (00uAda0000000000001x).',
}
const problem: Problem = {
  row: 2,
  step: 1,
  user: 'ada@example.com',
  action: 'suspend',
  result: 'failed',
  message: 'no such user',
}

it('holds counts, what to do next and how far the journal was, and nobody’s name', () => {
  const told = notificationOf(summary, '1.2.3', null, 'okta-lifecycle status RUN --runs-dir /r')
  expect(notificationSchema.parse(told)).toEqual(told)
  expect(told).toMatchObject({ run_id: summary.run_id, results: summary.results, version: '1.2.3' })
  expect(told.journal).toEqual(summary.journal ?? null)
  expect([told.reason, told.next]).toEqual([null, 'okta-lifecycle status RUN --runs-dir /r'])
  expect(JSON.stringify(told)).not.toMatch(/ada|00u/i)
  expect(told).not.toHaveProperty('problems')
})

it('names people where the job asks for it, a hundred at most', () => {
  const told = notificationOf(
    summary,
    '1.2.3',
    Array.from({ length: 101 }, () => problem),
    'okta-lifecycle status RUN',
  )
  expect(notificationSchema.parse(told).problems).toHaveLength(100)
  expect(told.reason).toBe(summary.reason)
  expect(told.text).toContain('ada@example.com')
})
