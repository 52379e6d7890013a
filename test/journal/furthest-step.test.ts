import { expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { intentOf, resultOf } from './support.ts'

function furthestAfter(events: readonly JournalEvent[]): number {
  const state = new JournalState(3)
  for (const [index, event] of events.entries()) state.apply(event, { offset: index, length: 1 })
  return state.furthestStep
}

const intent = intentOf(1, 1, { step: 2 })
const place = { row: 1, step: 2, attempt: 1 }
const answer = { event: 'answer', ...place, okta_time: 0, http_status: 200, error_code: null } as const
const words = { request_id: null, message: '' }

it.each<[string, readonly JournalEvent[], number]>([
  ['nothing was sent', [], 0],
  ['a call is open', [intent], 2],
  ['it was applied', [intent, { ...answer, ...words, outcome: 'applied' }], 2],
  ['it was refused', [intent, { ...answer, ...words, outcome: 'refused' }], 0],
  ['it was certainly not applied', [intent, { event: 'not_applied', ...place, why: 'connection' }], 0],
  ['it stays in doubt', [intent, { event: 'result', ...resultOf(1, { step: 2, result: 'in_doubt' }) }], 2],
  [
    'what Okta shows settles it as applied',
    [
      intent,
      { event: 'verdict', ...place, verdict: 'applied', evidence: '' },
      { event: 'result', ...resultOf(1, { step: 2 }) },
    ],
    2,
  ],
  [
    'what Okta shows settles it as not applied',
    [
      intent,
      { event: 'verdict', ...place, verdict: 'not_applied', evidence: '' },
      { event: 'result', ...resultOf(1, { step: 2, result: 'failed' }) },
    ],
    0,
  ],
  ['it is only assumed', [{ ...intent, lost: true }], 0],
  ['another run made it', [{ ...intent, origin: { run: 'old', row: 1, step: 2 } }], 0],
])('the furthest step, where %s', (_what, events, step) => {
  expect(furthestAfter(events)).toBe(step)
})
