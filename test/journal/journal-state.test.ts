import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import { anyEvent } from './events.ts'
import { answerTo, doubtOf, intentOf, resultOf, withDirectory } from './support.ts'

const rows = 30
const steps = 2
const buckets = ['/api/v1/users', '/api/v1/users/me']

/** All that a state says, for comparison. */
function sayAll(state: JournalState): unknown {
  const tasks = []
  for (let row = 1; row <= rows; row++) {
    for (let step = 1; step <= steps; step++) {
      const place = { row, step }
      tasks.push([
        state.hasResult(place),
        state.resultPosition(place),
        state.progressOf(place),
        state.leftInDoubt(place),
      ])
    }
    tasks.push([state.isUnderWay(row), state.userOf(row)])
  }
  const { executions, sentRecently } = state
  return {
    tasks,
    counts: Object.fromEntries(state.counts),
    done: state.done,
    underWay: state.underWay,
    sent: buckets.map((bucket) => sentRecently.times(bucket)),
    count: executions.count,
    firstAt: executions.firstAt,
    lastSign: executions.lastSign,
    lastStop: executions.lastStop,
    workedMs: executions.workedMs,
    requests: Object.fromEntries(executions.totals.requests),
    retries: Object.fromEntries(executions.totals.retries),
  }
}

function stateOf(...events: JournalEvent[]): JournalState {
  const state = new JournalState(steps)
  for (const [index, event] of events.entries()) state.apply(event, { offset: index * 100, length: 99 })
  return state
}

const first = { row: 1, step: 1 }

describe('the state of a run', () => {
  it('is the same replayed from disk as it was live, after any events', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await fc.assert(
        fc.asyncProperty(fc.array(anyEvent, { maxLength: 40 }), async (events) => {
          await writeFile(path, '')
          const journal = await Journal.open(path, emptyJournal)
          const live = new JournalState(steps)
          const recorder = new Recorder(journal, live, () => {})
          recorder.note({ event: 'journal', version: 2, run: 'r' })
          for (const event of events) {
            // As a task does: what follows an answer is decided once the answer counts.
            if (event.event === 'answer' || event.event === 'verdict') await recorder.record(event)
            else recorder.note(event)
          }
          await journal.close()
          const replayed = new JournalState(steps)
          await readJournal(path, ({ event, offset, length }) => replayed.apply(event, { offset, length }))
          expect(sayAll(replayed)).toEqual(sayAll(live))
        }),
        { numRuns: 80 },
      )
    })
  })

  it('keeps its invariants after any events: results are final, and counts add up', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const state = new JournalState(steps)
        const positions = new Map<string, unknown>()
        for (const [index, event] of events.entries()) {
          state.apply(event, { offset: index * 100, length: 99 })
          let [done, underWay] = [0, 0]
          for (let row = 1; row <= rows; row++) {
            for (let step = 1; step <= steps; step++) {
              const position = state.resultPosition({ row, step })
              const known = positions.get(`${row} ${step}`) ?? position
              // A result is final: where it stands never changes.
              expect(position).toEqual(known)
              positions.set(`${row} ${step}`, known)
              if (position !== null) done++
              if (state.progressOf({ row, step }) !== null) underWay++
            }
          }
          expect(state.done).toBe(done)
          const named = [...state.counts].filter(([name]) => !name.includes(':'))
          expect(named.reduce((sum, [, count]) => sum + count, 0)).toBe(done)
          for (const [, count] of state.counts) expect(count).toBeGreaterThan(0)
          expect(Object.values(state.underWay).reduce((sum, count) => sum + count, 0)).toBe(underWay)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('knows an intent without an end for an open attempt', () => {
    const state = stateOf(intentOf(1), intentOf(2, 3))
    expect(state.progressOf(first)).toEqual({
      attempts: 1,
      unsent: 0,
      startedAt: '2026-03-02T10:00:00.000Z',
      statusBefore: 'ACTIVE',
      judgedNotApplied: 0,
      repeats: 0,
      firstSince: intentOf(1).okta_time_at_least,
      isFirstAssumed: false,
      explained: null,
      last: { kind: 'open', intent: intentOf(1), doubt: null },
    })
    expect(state.progressOf({ row: 2, step: 1 })?.attempts).toBe(3)
    expect(state.progressOf({ row: 1, step: 2 })).toBeNull()
    expect(state.underWay).toEqual({ open: 2, applied: 0, refused: 0, not_applied: 0 })
    expect([state.isUnderWay(1), state.isUnderWay(3)]).toEqual([true, false])
    expect(state.done).toBe(0)
  })

  it('keeps the logins that users had when calls were sent and have no longer', () => {
    const renamed = stateOf(
      intentOf(1, 1, { login: 'ada@example.com' }),
      intentOf(1, 2, { login: 'ada.b@example.com' }),
      { event: 'result', ...resultOf(1, { okta_login: 'ada.c@example.com' }) },
      intentOf(2, 1, { login: 'user2@example.com' }),
      { event: 'result', ...resultOf(2) },
    )
    expect([...renamed.earlierLogins(1)]).toEqual(['ada@example.com', 'ada.b@example.com'])
    expect([...renamed.earlierLogins(2)]).toEqual([])
  })

  it('knows what became of a call once its answer is there, before there is a result', () => {
    const applied = answerTo(1)
    const refused = answerTo(2, 1, { outcome: 'refused', http_status: 403, error_code: 'E0000006' })
    const state = stateOf(intentOf(1), applied, intentOf(2), refused)
    expect(state.progressOf(first)?.last).toEqual({ kind: 'applied', intent: intentOf(1), answer: applied })
    expect(state.progressOf({ row: 2, step: 1 })?.last).toMatchObject({ kind: 'refused', answer: refused })
    expect(state.underWay).toEqual({ open: 0, applied: 1, refused: 1, not_applied: 0 })
  })

  it('closes an attempt that was not applied, whether known at once or found out', () => {
    const notApplied: JournalEvent = { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }
    expect(stateOf(intentOf(1), notApplied).progressOf(first)).toMatchObject({
      attempts: 1,
      judgedNotApplied: 0,
      last: { kind: 'not_applied' },
    })
    const verdict = (kind: 'applied' | 'not_applied' | 'someone_else' | 'unknown'): JournalEvent => ({
      event: 'verdict',
      row: 1,
      step: 1,
      attempt: 1,
      verdict: kind,
      evidence: 'x',
    })
    expect(stateOf(intentOf(1), verdict('not_applied')).progressOf(first)).toMatchObject({
      judgedNotApplied: 1,
      last: { kind: 'not_applied' },
    })
    // The result of these is not on disk yet: after a crash here the doubt is looked into once more.
    for (const kind of ['applied', 'someone_else', 'unknown'] as const)
      expect(stateOf(intentOf(1), verdict(kind)).progressOf(first)?.last.kind).toBe('open')
  })

  it('does not close a later attempt by word of an earlier one', () => {
    const late: JournalEvent = { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }
    for (const event of [late, answerTo(1), doubtOf(1)]) {
      const last = stateOf(intentOf(1, 1), intentOf(1, 2), event).progressOf(first)?.last
      expect(last).toEqual({ kind: 'open', intent: intentOf(1, 2), doubt: null })
    }
  })

  it('knows the earliest that the time of its last event can have been', () => {
    expect(stateOf().lastOktaTime).toBe(0)
    const intent = intentOf(1, 1, { okta_time: 1_500, okta_time_at_least: 1_100 })
    expect(stateOf(intent).lastOktaTime).toBe(1_100)
    const answer = answerTo(1, 1, { okta_time: 2_000 })
    expect(stateOf(intent, { ...answer, okta_time_at_most: 2_300 }).lastOktaTime).toBe(1_700)
    const { okta_time_at_most: _, ...older } = answer
    expect(stateOf(intent, older).lastOktaTime).toBe(1_000)
    const permits = { event: 'permits', bucket: 'a', count: 1, okta_time: 3_000 } as const
    expect(stateOf(intent, permits).lastOktaTime).toBe(1_100)
    expect(stateOf(intent, { ...permits, okta_time_at_least: 2_500 }).lastOktaTime).toBe(2_500)
    const lost = intentOf(2, 1, { okta_time: 900, okta_time_at_least: 900, lost: true })
    expect(stateOf(intent, lost).lastOktaTime).toBe(1_100)
  })

  it('knows which tasks a lost part of the journal may hold more of, until an attempt is assumed for them', () => {
    const cut: JournalEvent = { event: 'cut', okta_time: 5, lost_bytes: 1 }
    const ended: JournalEvent = { event: 'result', ...resultOf(2) }
    const place = (row: number) => ({ row, step: 1 })
    expect(stateOf(intentOf(1)).mayBeLostSince(first)).toBeNull()
    const state = stateOf(intentOf(1), ended, cut, intentOf(3, 1, { lost: true }))
    expect([1, 2, 3, 4].map((row) => state.mayBeLostSince(place(row)))).toEqual([5, null, null, 5])
    const again = stateOf(intentOf(1), cut, intentOf(1, 2, { lost: true }), cut)
    expect(again.mayBeLostSince(first)).toBe(5)
  })

  it('keeps how a doubt came about', () => {
    const doubt = doubtOf(1, 1, { at_once: true, why: '500' })
    expect(stateOf(intentOf(1), doubt).progressOf(first)?.last).toMatchObject({ kind: 'open', doubt })
    expect(stateOf(intentOf(1), doubt, intentOf(1, 2)).progressOf(first)?.last).toMatchObject({ doubt: null })
  })

  it('counts results by name and by reason, and tasks once', () => {
    const state = stateOf(
      { event: 'result', ...resultOf(1) },
      { event: 'result', ...resultOf(2, { result: 'skipped', reason: 'duplicate' }) },
      { event: 'result', ...resultOf(2, { step: 2, result: 'skipped', reason: 'protected' }) },
    )
    expect(Object.fromEntries(state.counts)).toEqual({
      succeeded: 1,
      skipped: 2,
      'skipped:duplicate': 1,
      'skipped:protected': 1,
    })
    expect(state.done).toBe(3)
    expect(state.resultPosition({ row: 2, step: 2 })).toEqual({ offset: 200, length: 99 })
    expect(state.resultPosition({ row: 1, step: 2 })).toBeNull()
    expect(state.hasResult({ row: 3, step: 1 })).toBe(false)
    expect(state.hasResult({ row: 1_000_000, step: 1 })).toBe(false)
  })

  it('takes no result back and no second one: the first stands, and is counted once', () => {
    const state = stateOf(
      { event: 'result', ...resultOf(1, { result: 'failed' }) },
      { event: 'result', ...resultOf(2) },
      { event: 'result', ...resultOf(1) },
      { event: 'result', ...resultOf(1, { result: 'in_doubt' }) },
    )
    expect(state.resultPosition(first)).toEqual({ offset: 0, length: 99 })
    expect(state.done).toBe(2)
    expect(Object.fromEntries(state.counts)).toEqual({ failed: 1, succeeded: 1 })
    expect(state.leftInDoubt(first)).toBeNull()
  })

  it('keeps the attempt of a task that ended in doubt, and of no other', () => {
    const doubt = doubtOf(1)
    const state = stateOf(
      intentOf(1),
      doubt,
      { event: 'verdict', row: 1, step: 1, attempt: 1, verdict: 'someone_else', evidence: 'user is STAGED' },
      { event: 'result', ...resultOf(1, { result: 'in_doubt' }) },
      intentOf(2, 3),
      { event: 'result', ...resultOf(2, { result: 'failed' }) },
      { event: 'result', ...resultOf(3, { result: 'in_doubt' }) },
    )
    expect(state.leftInDoubt(first)).toEqual({ kind: 'open', intent: intentOf(1), doubt })
    expect(state.progressOf(first)).toBeNull()
    for (const row of [2, 3]) expect(state.leftInDoubt({ row, step: 1 })).toBeNull()
  })

  it('keeps the last attempt of a task that may still be applied late: not sent again yet, or failed', () => {
    const found = (row: number) =>
      ({ event: 'verdict', row, step: 1, attempt: 1, verdict: 'not_applied', evidence: 'x' }) as const
    const refused = answerTo(2, 2, { outcome: 'refused' })
    const state = stateOf(
      ...[intentOf(1), doubtOf(1), found(1)],
      ...[intentOf(2), doubtOf(2), found(2), intentOf(2, 2), refused],
      { event: 'result', ...resultOf(2, { result: 'failed' }) },
      ...[intentOf(3), doubtOf(3), found(3)],
      { event: 'result', ...resultOf(3) },
      ...[intentOf(4), { event: 'not_applied', row: 4, step: 1, attempt: 1, why: '503' } as const],
      intentOf(5),
    )
    expect(state.lastDoubted(first)).toEqual(intentOf(1))
    expect(state.lastDoubted({ row: 2, step: 1 })).toEqual(intentOf(2, 2))
    for (const row of [3, 4, 5, 6]) expect(state.lastDoubted({ row, step: 1 })).toBeNull()
  })

  it('knows the user that a row was begun with: by what is under way, and by what ended in doubt', () => {
    const state = stateOf(
      intentOf(1, 1, { step: 2 }),
      intentOf(2),
      { event: 'result', ...resultOf(2, { result: 'in_doubt', okta_user_id: null }) },
      intentOf(3),
      { event: 'result', ...resultOf(3) },
    )
    for (const row of [1, 2]) {
      const { user_id, login } = intentOf(row)
      expect(state.userOf(row)).toMatchObject({ user_id, login })
    }
    // Its result names the user.
    expect(state.userOf(3)).toBeNull()
    expect(state.userOf(4)).toBeNull()
  })

  it('knows where results far apart stand', () => {
    const state = new JournalState(1)
    for (let row = 1; row <= 200_000; row += 7)
      state.apply({ event: 'result', ...resultOf(row) }, { offset: row * 1e6, length: 500 })
    const far = { row: 7 * 20_000 + 1, step: 1 }
    expect(state.resultPosition(far)).toEqual({ offset: far.row * 1e6, length: 500 })
    expect(state.resultPosition({ row: 2, step: 1 })).toBeNull()
  })
})

describe('the executions of a run', () => {
  const at = (second: number): string => new Date(1_772_445_600_000 + second * 1_000).toISOString()
  const tally = (reads: number, worked_ms: number): JournalEvent => ({
    event: 'tally',
    requests: { reads },
    retries: {},
    worked_ms,
  })

  it('count the time at work: of each to its stop, or to its last tally where it was killed', () => {
    const state = stateOf(
      { event: 'execution', at: at(0) },
      tally(1, 5_000),
      tally(4, 7_000),
      { event: 'execution', at: at(1_000) },
      tally(1, 4_000),
      {
        event: 'stopped',
        at: at(1_005),
        state: 'stopped',
        reason: 'x',
        requests: { reads: 2 },
        retries: { in_doubt: 1 },
        worked_ms: 5_000,
      },
      { event: 'execution', at: at(2_000) },
    )
    const { executions } = state
    expect(executions.workedMs).toBe(12_000)
    expect(executions.count).toBe(3)
    expect(executions.firstAt).toBe(at(0))
    expect(executions.lastStop).toBeNull()
    expect(Object.fromEntries(executions.totals.requests)).toEqual({ reads: 6 })
    expect(Object.fromEntries(executions.totals.retries)).toEqual({ in_doubt: 1 })
  })

  it('go by the monotonic clock alone: a clock that was set back makes no time negative', () => {
    const state = stateOf(
      { event: 'execution', at: at(5_000) },
      tally(1, 3_000),
      { event: 'result', ...resultOf(1, { finished_at: at(100) }) },
      { event: 'execution', at: at(10) },
      tally(1, 2_000),
    )
    expect(state.executions.workedMs).toBe(5_000)
  })

  it('tell when something was last heard of the run, and how the last process left it', () => {
    expect(stateOf().executions.lastSign).toBeNull()
    const begun: JournalEvent = { event: 'execution', at: at(1) }
    const ended: JournalEvent = { event: 'result', ...resultOf(1, { finished_at: at(7) }) }
    const stopped: JournalEvent = {
      event: 'stopped',
      at: at(9),
      state: 'interrupted',
      reason: 'SIGINT',
      requests: {},
      retries: {},
      worked_ms: 8_000,
    }
    expect(stateOf(begun).executions.lastSign).toBe(at(1))
    expect(stateOf(begun, ended).executions.lastSign).toBe(at(7))
    const { executions } = stateOf(begun, ended, stopped)
    expect(executions.lastSign).toBe(at(9))
    expect(executions.lastStop).toEqual(stopped)
  })
})
