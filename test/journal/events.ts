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
const oktaTime = fc.integer({ min: 1_772_445_600_000, max: 1_772_445_605_000 })
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
  fc
    .tuple(row, step, attempt, fc.option(text), fc.boolean())
    .map(([r, s, a, login, taken]) =>
      intentOf(r, a, { step: s, login, ...(taken ? { origin: { run: 'older', row: r + 1, step: s } } : {}) }),
    ),
  fc.record({ event: fc.constant('not_applied' as const), row, step, attempt, why }),
  fc.record({
    event: fc.constant('in_doubt' as const),
    row,
    step,
    attempt,
    at_once: fc.boolean(),
    timed_out: fc.boolean(),
    sent_okta_time: oktaTime,
    why,
  }),
  fc
    .record({
      event: fc.constant('verdict' as const),
      row,
      step,
      attempt,
      verdict: fc.constantFrom('applied', 'not_applied', 'someone_else', 'unknown'),
      evidence: why,
    })
    .chain((verdict) =>
      fc.boolean().map((repeat) => {
        return verdict.verdict === 'unknown' && repeat ? { ...verdict, repeat: true as const } : verdict
      }),
    ),
  fc.tuple(row, step, results, why, at).map(([r, s, ending, message, finished_at]) => ({
    event: 'result' as const,
    ...resultOf(r, { step: s, ...ending, message, finished_at }),
  })),
  fc.record({
    event: fc.constant('answer' as const),
    row,
    step,
    attempt,
    outcome: fc.constantFrom('applied', 'refused'),
    okta_time: oktaTime,
    http_status: fc.option(fc.constantFrom(200, 403)),
    error_code: fc.option(fc.constantFrom('E0000001', 'E0000006')),
    request_id: fc.option(text),
    message: why,
  }),
  fc.record({
    event: fc.constant('permits' as const),
    bucket: fc.constantFrom('/api/v1/users', '/api/v1/users/me'),
    count: fc.integer({ min: 1, max: 20 }),
    okta_time: oktaTime,
  }),
  fc.record({
    event: fc.constant('limit' as const),
    bucket: fc.constantFrom('/api/v1/users', '/api/v1/users/me'),
    limit: fc.integer({ min: 1, max: 600 }),
  }),
  fc.record({
    event: fc.constant('tally' as const),
    requests: counts,
    retries: counts,
    worked_ms: fc.nat(100_000),
  }),
  fc.record({
    event: fc.constant('stopped' as const),
    at,
    state: fc.constantFrom('finished', 'stopped', 'interrupted'),
    reason: fc.option(why),
    requests: counts,
    retries: counts,
    worked_ms: fc.nat(100_000),
  }),
)
