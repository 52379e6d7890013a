import fc from 'fast-check'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { intentOf, resultOf } from './support.ts'

const row = fc.integer({ min: 1, max: 30 })
const step = fc.integer({ min: 1, max: 2 })
const attempt = fc.integer({ min: 1, max: 3 })
const text = fc.string({ maxLength: 40 })
const why = fc.oneof(text, fc.constantFrom('line\nfeed', '"quoted"', '\u2028', '\u0000', 'grüße 😀'))
const at = fc
  .integer({ min: 0, max: 5_000 })
  .map((s) => new Date(1_772_445_600_000 + s * 1_000).toISOString())
const counts = fc.dictionary(fc.constantFrom('reads', 'lifecycle', 'http_200'), fc.nat(1_000))
const results = fc.constantFrom(
  { result: 'succeeded', reason: null } as const,
  { result: 'unchanged', reason: null } as const,
  { result: 'failed', reason: null } as const,
  { result: 'in_doubt', reason: null } as const,
  { result: 'skipped', reason: 'duplicate' } as const,
  { result: 'skipped', reason: 'protected' } as const,
)

/** Any event that a journal can hold after its first line. */
export const anyEvent: fc.Arbitrary<JournalEvent> = fc.oneof(
  at.map((time) => ({ event: 'execution' as const, at: time })),
  fc.tuple(row, step, attempt, fc.option(text)).map(([r, s, a, login]) => intentOf(r, a, { step: s, login })),
  fc.record({ event: fc.constant('not_applied' as const), row, step, attempt, why }),
  fc.record({
    event: fc.constant('in_doubt' as const),
    row,
    step,
    attempt,
    at_once: fc.boolean(),
    sent_okta_time: fc.integer({ min: 1_772_445_600_000, max: 1_772_445_605_000 }),
    why,
  }),
  fc.record({
    event: fc.constant('verdict' as const),
    row,
    step,
    attempt,
    verdict: fc.constantFrom('applied', 'not_applied', 'someone_else', 'unknown'),
    evidence: why,
  }),
  fc.tuple(row, step, results, why, at).map(([r, s, ending, message, finished_at]) => ({
    event: 'result' as const,
    ...resultOf(r, { step: s, ...ending, message, finished_at }),
  })),
  fc.record({
    event: fc.constant('reopened' as const),
    tasks: fc.array(
      fc.tuple(row, step, results).map(([r, s, ending]) => ({ row: r, step: s, ...ending })),
      { maxLength: 4 },
    ),
    why,
  }),
  fc.record({ event: fc.constant('tally' as const), requests: counts, retries: counts }),
  fc.record({
    event: fc.constant('stopped' as const),
    at,
    state: fc.constantFrom('finished', 'stopped', 'interrupted'),
    reason: fc.option(why),
    requests: counts,
    retries: counts,
  }),
)
