import { describe, expect, it } from 'vitest'
import type { InDoubtEvent, IntentEvent, JournalEvent } from '../../src/journal/journal-event.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { carryOver } from '../../src/retry/carry-over.ts'
import { resultOf, rowOf } from './results.ts'

const now = '2026-03-03T08:00:00.000Z'

function intentOf(row: number, step: number, attempt: number): IntentEvent {
  return {
    event: 'intent',
    row,
    step,
    attempt,
    okta_time: Date.parse('2026-03-02T10:00:00Z'),
    okta_time_at_least: Date.parse('2026-03-02T09:59:59.700Z'),
    started_at: '2026-03-02T10:00:00.000Z',
    user_id: '00u00000000000000001',
    login: 'user1@example.com',
    status: 'ACTIVE',
    status_changed: '2026-01-01T00:00:00.000Z',
    request_timeout_ms: 30_000,
  }
}

const why = 'no answer within 30 s'

function doubtEvent(row: number, step: number, attempt: number): InDoubtEvent {
  const place = { row, step, attempt }
  return { event: 'in_doubt', ...place, at_once: false, timed_out: true, sent_okta_time: 0, why }
}

describe('what a retry’s journal begins with', () => {
  const input = rowOf(7, 'user1@example.com', 'reset_factors', 'suspend')
  const standing = [resultOf(7, 1, 'reset_factors', 'succeeded')]
  const retried = { input, todo: ['suspend' as const], standing }
  /** A row of which nothing else is known. */
  const plain = {
    retried,
    row: 3,
    oldRunId: 'old-run',
    oldRun: 'old@then',
    explained: () => null,
    isUncounted: () => false,
    inDoubt: 'keep' as const,
    meant: null,
    superseded: null,
    duplicate: false,
    doubtOf: () => null,
    doubtedOf: () => null,
    sentAgain: () => ({ judgedNotApplied: 0, repeats: 0, unsent: 0, first: null }),
  }

  it('holds the results that stand, under the new row, and says where they come from', () => {
    const events = carryOver(plain, now)
    expect(events).toEqual([
      { event: 'result', ...standing[0], row: 3, message: 'it succeeded (in run old-run)' },
    ])
    const [first] = events
    if (first?.event !== 'result') throw new Error('A result was expected.')
    const { event: _event, ...again } = first
    const twice = carryOver(
      {
        ...plain,
        retried: { ...retried, standing: [again] },
        row: 1,
        oldRunId: 'second-run',
      },
      now,
    )
    expect(twice).toEqual([{ ...first, row: 1 }])
  })

  it('holds the attempts in doubt, so that they are settled before anything is sent', () => {
    const open = { kind: 'open', intent: intentOf(7, 2, 4), doubt: doubtEvent(7, 2, 4) } as const
    const events = carryOver(
      {
        ...plain,
        doubtOf: (step) => (step === 2 ? open : null),
      },
      now,
    )
    expect(events.slice(1)).toEqual([
      // Where it was made stays known: a link in the file is found by it.
      { ...open.intent, row: 3, origin: { run: 'old@then', row: 7, step: 2 } },
      { ...open.doubt, row: 3 },
    ])
  })

  it('holds an attempt that may have been applied late, with what was found, so that it is no news to the retry', () => {
    const doubted = intentOf(7, 2, 4)
    const events = carryOver(
      {
        ...plain,
        doubtedOf: (step) => (step === 2 ? doubted : null),
        sentAgain: () => ({ judgedNotApplied: 2, repeats: 0, unsent: 0, first: null }),
      },
      now,
    )
    expect(events.slice(1)).toEqual([
      // The verdict is the second one.
      { ...doubted, row: 3, origin: { run: 'old@then', row: 7, step: 2 }, judged_not_applied: 1 },
      expect.objectContaining({ event: 'verdict', row: 3, step: 2, attempt: 4, verdict: 'not_applied' }),
    ])
  })

  it('tells what is known of the first attempt, which a later one says nothing of', () => {
    const first = {
      okta_time_at_least: Date.parse('2026-03-02T09:00:00Z'),
      status: null,
      lost: true,
    } as const
    const open = { kind: 'open', intent: { ...intentOf(7, 2, 4), status: null }, doubt: null } as const
    const [, intent] = carryOver(
      {
        ...plain,
        doubtOf: () => open,
        sentAgain: () => ({ judgedNotApplied: 1, repeats: 0, unsent: 2, first }),
      },
      now,
    )
    expect(intent).toMatchObject({ event: 'intent', attempt: 4, judged_not_applied: 1, unsent: 2, first })
    const state = new JournalState(2)
    if (intent === undefined) throw new Error('An intent was expected.')
    state.apply(intent, { offset: 0, length: 1 })
    expect(state.progressOf({ row: 3, step: 2 })).toMatchObject({
      firstSince: first.okta_time_at_least,
      isFirstAssumed: true,
      judgedNotApplied: 1,
    })
    // A retry of the retry hears of the same attempt.
    expect(state.sentAgain({ row: 3, step: 2 })).toEqual({
      judgedNotApplied: 1,
      repeats: 0,
      unsent: 2,
      first,
    })
  })

  it('names the run in which an attempt was made, however many retries took it over', () => {
    const origin = { run: 'first-run', row: 40, step: 2 }
    const open = { kind: 'open', intent: { ...intentOf(7, 2, 4), origin }, doubt: null } as const
    const carried = {
      ...plain,
      doubtOf: () => open,
    }
    const events = carryOver({ ...carried, retried: { ...retried, standing: [] } }, now)
    for (const event of events) expect(event).toMatchObject({ event: 'intent', row: 3, origin })
    expect(events).toHaveLength(2)
  })

  it('says whom the row meant, where it carries over nothing that shows it', () => {
    const meant = { id: '00u00000000000000001', login: 'user1@example.com', run: 'old-run' }
    const carried = { ...plain, meant }
    expect(carryOver({ ...carried, retried: { ...retried, standing: [] } }, now)).toEqual([
      { event: 'meant', row: 3, user_id: meant.id, login: meant.login, run: 'old-run' },
    ])
    const named = [{ ...retried.standing[0], okta_user_id: meant.id }] as typeof standing
    expect(carryOver({ ...carried, retried: { ...retried, standing: named } }, now)).toHaveLength(1)
  })

  it('ends a row that a later one stands against, with which and why', () => {
    const superseded = { row: 9, action: 'unsuspend', inDoubt: false } as const
    const events = carryOver(
      {
        ...plain,
        superseded,
        doubtOf: () => ({ kind: 'open', intent: intentOf(7, 2, 1), doubt: null }),
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
  const doubtful = { event: 'result', ...resultOf(1, 1, 'suspend', 'in_doubt') } as const
  const first = { row: 1, step: 1 }

  function stateOf(...events: JournalEvent[]): JournalState {
    const state = new JournalState(2)
    for (const [index, event] of events.entries()) state.apply(event, { offset: index * 100, length: 99 })
    return state
  }

  it('are those whose task ended in doubt', () => {
    const verdict = { event: 'verdict', verdict: 'someone_else', evidence: 'user is STAGED' } as const
    const state = stateOf(
      intentOf(1, 1, 1),
      doubtEvent(1, 1, 1),
      { ...verdict, ...first, attempt: 1 },
      doubtful,
      intentOf(2, 1, 3),
    )
    expect(state.leftInDoubt(first)).toEqual({
      kind: 'open',
      intent: intentOf(1, 1, 1),
      doubt: doubtEvent(1, 1, 1),
    })
    // This one has no end yet: the run that it belongs to settles it before a retry begins.
    expect(state.leftInDoubt({ row: 2, step: 1 })).toBeNull()
    expect(state.underWay.open).toBe(1)
    expect(state.leftInDoubt({ row: 1, step: 2 })).toBeNull()
  })

  it('are over once the attempt was not applied, or the task ended otherwise', () => {
    const state = stateOf(
      ...[1, 2, 3].map((row) => intentOf(row, 1, 1)),
      { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' },
      { event: 'verdict', row: 2, step: 1, attempt: 1, verdict: 'not_applied', evidence: 'still' },
      ...[1, 2, 3].map((row) => ({ event: 'result' as const, ...resultOf(row, 1, 'suspend', 'failed') })),
    )
    for (const row of [1, 2, 3]) expect(state.leftInDoubt({ row, step: 1 })).toBeNull()
    expect(state.underWay).toEqual({ open: 0, applied: 0, refused: 0, not_applied: 0 })
  })

  it('keep the newest attempt, and no doubt of an older one', () => {
    const state = stateOf(
      intentOf(1, 1, 1),
      { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' },
      intentOf(1, 1, 2),
      doubtEvent(1, 1, 1),
      doubtful,
    )
    expect(state.leftInDoubt(first)).toEqual({ kind: 'open', intent: intentOf(1, 1, 2), doubt: null })
  })
})
