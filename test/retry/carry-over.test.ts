import { describe, expect, it } from 'vitest'
import type { IntentEvent } from '../../src/journal/journal-event.ts'
import { carryOver } from '../../src/retry/carry-over.ts'
import { OpenDoubts } from '../../src/retry/open-doubts.ts'
import { resultOf, rowOf } from './results.ts'

const now = '2026-03-03T08:00:00.000Z'

function intentOf(row: number, step: number, attempt: number): IntentEvent {
  return {
    event: 'intent',
    row,
    step,
    attempt,
    okta_time: Date.parse('2026-03-02T10:00:00Z'),
    started_at: '2026-03-02T10:00:00.000Z',
    user_id: '00u00000000000000001',
    login: 'user1@example.com',
    status: 'ACTIVE',
    status_changed: '2026-01-01T00:00:00.000Z',
    request_timeout_ms: 30_000,
  }
}

const why = 'no answer within 30 s'

function doubtEvent(row: number, step: number, attempt: number) {
  return { event: 'in_doubt', row, step, attempt, at_once: false, sent_okta_time: 0, why } as const
}

describe('what a retry’s journal begins with', () => {
  const input = rowOf(7, 'user1@example.com', 'reset_factors', 'suspend')
  const standing = [resultOf(7, 1, 'reset_factors', 'succeeded')]
  const retried = { input, todo: ['suspend' as const], standing }

  it('holds the results that stand, under the new row, and says where they come from', () => {
    const events = carryOver(
      { retried, row: 3, oldRunId: 'old-run', superseded: null, doubtOf: () => null },
      now,
    )
    expect(events).toEqual([
      { event: 'result', ...standing[0], row: 3, message: 'it succeeded (in run old-run)' },
    ])
    const [first] = events
    if (first?.event !== 'result') throw new Error('A result was expected.')
    const { event: _event, ...again } = first
    const twice = carryOver(
      {
        retried: { ...retried, standing: [again] },
        row: 1,
        oldRunId: 'second-run',
        superseded: null,
        doubtOf: () => null,
      },
      now,
    )
    expect(twice).toEqual([{ ...first, row: 1 }])
  })

  it('holds the attempts in doubt, so that they are settled before anything is sent', () => {
    const open = { intent: intentOf(7, 2, 4), doubt: doubtEvent(7, 2, 4) }
    const events = carryOver(
      {
        retried,
        row: 3,
        oldRunId: 'old-run',
        superseded: null,
        doubtOf: (step) => (step === 2 ? open : null),
      },
      now,
    )
    expect(events.slice(1)).toEqual([
      { ...open.intent, row: 3 },
      { ...open.doubt, row: 3 },
    ])
  })

  it('ends a row that a later one stands against, with which and why', () => {
    const superseded = { row: 9, action: 'unsuspend' } as const
    const events = carryOver(
      {
        retried,
        row: 3,
        oldRunId: 'old-run',
        superseded,
        doubtOf: () => ({ intent: intentOf(7, 2, 1), doubt: null }),
      },
      now,
    )
    expect(events).toHaveLength(2)
    expect(events[1]).toMatchObject({
      event: 'result',
      row: 3,
      step: 2,
      action: 'suspend',
      result: 'skipped',
      reason: 'superseded',
      message: expect.stringMatching(/row 9 of run old-run.*unsuspend/),
      attempts: 0,
    })
  })
})

describe('the attempts in doubt', () => {
  const { event: _event, ...doubtful } = { event: 'result', ...resultOf(1, 1, 'suspend', 'in_doubt') }

  it('are those without an end and those whose task ended in doubt', () => {
    const doubts = new OpenDoubts()
    doubts.apply(intentOf(1, 1, 1))
    doubts.apply(doubtEvent(1, 1, 1))
    doubts.apply({
      event: 'verdict',
      row: 1,
      step: 1,
      attempt: 1,
      verdict: 'someone_else',
      evidence: 'user is STAGED',
    })
    doubts.apply({ event: 'result', ...doubtful })
    doubts.apply(intentOf(2, 1, 3))
    expect(doubts.of(1, 1)).toEqual({ intent: intentOf(1, 1, 1), doubt: doubtEvent(1, 1, 1) })
    expect(doubts.of(2, 1)).toEqual({ intent: intentOf(2, 1, 3), doubt: null })
    expect(doubts.of(1, 2)).toBeNull()
  })

  it('are over once the attempt was not applied, or the task ended otherwise', () => {
    const doubts = new OpenDoubts()
    for (const row of [1, 2, 3]) doubts.apply(intentOf(row, 1, 1))
    doubts.apply({ event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' })
    doubts.apply({ event: 'verdict', row: 2, step: 1, attempt: 1, verdict: 'not_applied', evidence: 'still' })
    doubts.apply({ event: 'result', ...resultOf(3, 1, 'suspend', 'failed') })
    expect([1, 2, 3].map((row) => doubts.of(row, 1))).toEqual([null, null, null])
  })

  it('keep the newest attempt, and no doubt of an older one', () => {
    const doubts = new OpenDoubts()
    doubts.apply(intentOf(1, 1, 1))
    doubts.apply({ event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' })
    doubts.apply(intentOf(1, 1, 2))
    doubts.apply(doubtEvent(1, 1, 1))
    expect(doubts.of(1, 1)).toEqual({ intent: intentOf(1, 1, 2), doubt: null })
  })
})
