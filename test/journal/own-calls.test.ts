import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { OwnCalls } from '../../src/journal/own-calls.ts'
import type { OwnCall } from '../../src/rules/net-effect.ts'
import { answerTo, doubtOf, intentOf, resultOf } from './support.ts'

const finished = '2026-03-02T10:01:00.000Z'
const verdict = {
  event: 'verdict',
  row: 1,
  step: 1,
  attempt: 1,
  verdict: 'applied',
  evidence: 'seen',
} as const

function resultEvent(more: Parameters<typeof resultOf>[1] = {}): JournalEvent {
  return { event: 'result', ...resultOf(1, { finished_at: finished, ...more }) }
}

function calls(...events: readonly JournalEvent[]): readonly OwnCall[] {
  const seen: OwnCall[] = []
  const own = new OwnCalls((call) => seen.push(call))
  for (const event of events) own.see(event)
  return seen
}

function kinds(...events: readonly JournalEvent[]): readonly OwnCall['kind'][] {
  return calls(...events).map(({ kind }) => kind)
}

/** When calls were applied. */
function found(...events: readonly JournalEvent[]): readonly { from: number; until: number }[] {
  return calls(...events).flatMap((call) =>
    call.kind === 'dated' ? [{ from: call.from, until: call.until }] : [],
  )
}

it('a call was applied between its intent and Okta’s answer', () => {
  const intent = intentOf(1, 2, { okta_time: 5_100, okta_time_at_least: 5_000 })
  const before = intentOf(1, 1, { okta_time: 1_100, okta_time_at_least: 1_000 })
  const answer = { ...answerTo(1, 2), okta_time: 6_000, okta_time_at_most: 6_200 }
  const not: JournalEvent = { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }
  expect(found(before, not, intent, answer, resultEvent())).toEqual([{ from: 5_000, until: 6_200 }])
})

it('nobody knows when a call was applied where Okta’s time was known to a minute only, nor without an answer whose it is', () => {
  const intent = intentOf(1, 1, { okta_time: 38_000, okta_time_at_least: 1_000, without_date: true })
  const answer = { ...answerTo(1, 1), okta_time: 38_100, okta_time_at_most: 75_000 }
  expect(kinds(intent, answer, resultEvent())).toEqual(['undated'])
  const shown = { ...verdict, status_changed: '1970-01-01T00:00:40.000Z' }
  expect(kinds(intent, doubtOf(1, 1), shown, resultEvent())).toEqual(['unsure'])
})

it('a change that came after the call could still have been under way is none of them for certain', () => {
  const intent = intentOf(1, 1, { okta_time: 5_100, okta_time_at_least: 5_000, request_timeout_ms: 3_000 })
  const shownAt = (ms: number) => ({ ...verdict, status_changed: new Date(ms).toISOString() })
  const doubt = doubtOf(1, 1, { sent_okta_time: 6_000 })
  // The limit of 3 s, and 15 s for clocks that differ.
  expect(found(intent, doubt, shownAt(24_000), resultEvent())).toEqual([{ from: 24_000, until: 24_999 }])
  expect(kinds(intent, doubt, shownAt(25_000), resultEvent())).toEqual(['unsure'])
})

it('nobody knows when a call was applied where no answer had told Okta’s time', () => {
  const intent = intentOf(1, 1, {
    okta_time: 5_000,
    okta_time_at_least: 5_000 - 86_400_000,
    without_date: true,
  })
  const answer = { ...answerTo(1, 1), okta_time: 5_100, okta_time_at_most: 5_200 }
  expect(kinds(intent, answer, resultEvent())).toEqual(['undated'])
})

it('a call is one of them where answers are slow, but dated, unless it has none itself', () => {
  const intent = intentOf(1, 1, { okta_time: 38_000, okta_time_at_least: 1_000 })
  const answer = { ...answerTo(1, 1), okta_time: 38_100, okta_time_at_most: 75_000 }
  expect(found(intent, answer, resultEvent())).toEqual([{ from: 1_000, until: 75_000 }])
  const shown = { ...verdict, status_changed: '1970-01-01T00:00:40.000Z' }
  expect(kinds(intent, doubtOf(1, 1), shown, resultEvent())).toEqual(['unsure'])
})

it('a call that was accepted and did not hold is told as such, and none that a retry took over', () => {
  const result = resultEvent({ result: 'failed', verified: 'not_held' })
  expect(kinds(intentOf(1, 1), answerTo(1, 1), result)).toEqual(['not_held'])
  expect(kinds(result)).toEqual([])
})

describe('without an answer it was applied from the first intent on', () => {
  const events = [
    intentOf(1, 1, { okta_time: 1_100, okta_time_at_least: 1_000 }),
    doubtOf(1, 1),
    intentOf(1, 2, { okta_time_at_least: 5_000, okta_time: 5_100, request_timeout_ms: 3_000 }),
  ]
  const timedOut = doubtOf(1, 2, { sent_okta_time: 6_000, timed_out: true })

  it.each([
    ['its own time limit after it was sent', doubtOf(1, 2, { sent_okta_time: 6_000 }), 9_000],
    ['twice that after a time-out', timedOut, 12_000],
    [
      'the latest moment of sending and the limit where its process died',
      null,
      5_100 + 1_000 + 15_000 + 3_000,
    ],
  ])('until %s, however late the look at it came', (_, doubt, until) => {
    expect(found(...events, ...(doubt === null ? [] : [doubt]), resultEvent())).toEqual([
      { from: 1_000, until },
    ])
  })

  it('until the look, where that came first', () => {
    const looked = '1970-01-01T00:00:08.000Z'
    expect(found(...events, timedOut, resultEvent({ finished_at: looked }))).toEqual([
      { from: 1_000, until: 8_000 },
    ])
  })

  it('is not one where the call is only assumed, in a lost part of the journal', () => {
    expect(kinds(intentOf(1, 1, { lost: true }), resultEvent())).toEqual(['unsure'])
  })
})

describe('if a look at the user proved it', () => {
  const events = [intentOf(1, 1, { okta_time: 1_100, okta_time_at_least: 1_000 }), doubtOf(1, 1)]

  it('it was applied in the second that Okta showed, and not until the look', () => {
    const shown = { ...verdict, status_changed: '1970-01-01T00:00:05.000Z' }
    const looked = resultEvent({ finished_at: '1970-01-01T00:00:08.000Z' })
    expect(found(...events, shown, looked)).toEqual([{ from: 5_000, until: 5_999 }])
  })

  it('an older journal tells only that it was before the look', () => {
    const looked = resultEvent({ finished_at: '1970-01-01T00:00:08.000Z' })
    expect(found(...events, verdict, looked)).toEqual([{ from: 1_000, until: 8_000 }])
  })
})

it('an answer of an older journal has its estimate and a second', () => {
  const intent = intentOf(1, 1, { okta_time: 1_100, okta_time_at_least: 1_000 })
  const { okta_time_at_most: _, ...answer } = answerTo(1, 1, { okta_time: 2_000 })
  expect(found(intent, answer, resultEvent())).toEqual([{ from: 1_000, until: 3_000 }])
})

it('is none without a call of this journal, or without success', () => {
  expect(found(resultEvent())).toEqual([])
  expect(
    found(intentOf(1), answerTo(1, 1, { outcome: 'refused' }), resultEvent({ result: 'failed' })),
  ).toEqual([])
  // The second result has no intent of its own: it was taken over.
  expect(found(intentOf(1), answerTo(1), resultEvent(), resultEvent())).toHaveLength(1)
})
