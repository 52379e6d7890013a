import { describe, expect, it } from 'vitest'
import { progressAfter, type TaskProgress } from '../../src/journal/task-progress.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import { answerTo, doubtOf, intentOf } from '../journal/support.ts'

const task = { row: 1, step: 1, user: 'user1@example.com', action: 'suspend' }
const { user_id, login } = intentOf(1)

function sent(...events: Parameters<typeof progressAfter>[1][]): TaskProgress {
  const progress = events.reduce<TaskProgress | undefined>(progressAfter, undefined)
  if (progress === undefined) throw new Error('Nothing was sent.')
  return progress
}

describe('a task without a result', () => {
  it('was not run where nothing of it was ever sent', () => {
    expect(pendingTask(task, null)).toMatchObject({
      ...task,
      result: 'not_run',
      attempts: 0,
      started_at: null,
      message: '',
      okta_user_id: null,
    })
  })

  it('is unsettled where its call was sent and nobody knows what became of it, with when and why', () => {
    const sent_okta_time = Date.parse('2026-03-02T10:00:05.000Z')
    const progress = sent(intentOf(1, 1), doubtOf(1, 1, { sent_okta_time, why: 'no answer within 30 s' }))
    expect(pendingTask(task, progress)).toMatchObject({
      result: 'unsettled',
      attempts: 1,
      started_at: intentOf(1).started_at,
      finished_at: null,
      status_before: 'ACTIVE',
      status_after: null,
      okta_user_id: user_id,
      okta_login: login,
      message:
        'sent at 2026-03-02T10:00:05.000Z; not known yet whether it was applied (no answer within 30 s); resume settles it',
    })
  })

  it('is unsettled after a crash, from the time of its intent', () => {
    const okta_time = Date.parse('2026-03-02T10:00:01.000Z')
    const pending = pendingTask(task, sent(intentOf(1, 2, { okta_time })))
    expect(pending).toMatchObject({ result: 'unsettled', attempts: 2 })
    expect(pending.message).toMatch(
      /^sent at 2026-03-02T10:00:01.000Z; .*cut off before the answer was recorded/,
    )
  })

  it('succeeded where Okta accepted it, and is not verified yet', () => {
    expect(pendingTask(task, sent(intentOf(1), answerTo(1)))).toMatchObject({
      result: 'succeeded',
      message: 'Okta accepted suspend; not verified yet',
      http_status: 200,
      okta_request_id: 'req-1',
      attempts: 1,
      finished_at: null,
    })
  })

  it('was not run where Okta refused it and that is not decided on yet', () => {
    const answer = answerTo(1, 1, {
      outcome: 'refused',
      http_status: 403,
      error_code: 'E0000006',
      message: 'Okta answered 403 E0000006: No.',
    })
    expect(pendingTask(task, sent(intentOf(1), answer))).toMatchObject({
      result: 'not_run',
      message: 'not applied so far: Okta answered 403 E0000006: No.',
      http_status: 403,
      error_code: 'E0000006',
      attempts: 1,
    })
  })

  it('was not run where it was certainly not applied, with its attempts', () => {
    const again = { event: 'not_applied', row: 1, step: 1, attempt: 3, why: '429' } as const
    expect(pendingTask(task, sent(intentOf(1, 3), again))).toMatchObject({
      result: 'not_run',
      message: 'not applied so far',
      attempts: 3,
    })
  })

  it('names no id where the call went to another key', () => {
    const progress = sent(intentOf(1, 1, { user_id: 'user1@example.com', login: null }))
    expect(pendingTask(task, progress)).toMatchObject({ okta_user_id: null, okta_login: null })
  })
})
