import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { RunState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import { anyEvent } from './events.ts'
import { intentOf, resultOf, withDirectory } from './support.ts'

const rows = 30
const steps = 2

/** All that a state tells, for comparison. */
function tellAll(state: RunState): unknown {
  const tasks = []
  for (let row = 1; row <= rows; row++) {
    for (let step = 1; step <= steps; step++)
      tasks.push([state.hasResult(row, step), state.resultPosition(row, step), state.progressOf(row, step)])
  }
  return {
    tasks,
    counts: Object.fromEntries(state.counts),
    done: state.done,
    underWay: state.underWay,
    recentSends: state.recentSends,
    executions: state.executions,
    firstExecutionAt: state.firstExecutionAt,
    workedMs: state.workedMs,
    lastStop: state.lastStop,
    requests: Object.fromEntries(state.totals.requests),
    retries: Object.fromEntries(state.totals.retries),
  }
}

function stateOf(...events: JournalEvent[]): RunState {
  const state = new RunState(steps)
  for (const [index, event] of events.entries()) state.apply(event, { offset: index * 100, length: 99 })
  return state
}

describe('the state of a run', () => {
  it('is the same replayed from disk as it was live, after any events', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await fc.assert(
        fc.asyncProperty(fc.array(anyEvent, { maxLength: 40 }), async (events) => {
          await writeFile(path, '')
          const journal = await Journal.open(path, emptyJournal)
          const live = new RunState(steps)
          const recorder = new Recorder(journal, live, () => {})
          recorder.note({ event: 'journal', version: 2, run: 'r' })
          for (const event of events) recorder.note(event)
          await journal.close()
          const replayed = new RunState(steps)
          await readJournal(path, ({ event, offset, length }) => replayed.apply(event, { offset, length }))
          expect(tellAll(replayed)).toEqual(tellAll(live))
        }),
        { numRuns: 80 },
      )
    })
  })

  it('knows an intent without an end for an open attempt', () => {
    const state = stateOf(intentOf(1), intentOf(2, 3))
    expect(state.progressOf(1, 1)).toEqual({
      attempts: 1,
      startedAt: '2026-03-02T10:00:00.000Z',
      open: { intent: intentOf(1), doubt: null },
    })
    expect(state.progressOf(2, 1)?.attempts).toBe(3)
    expect(state.progressOf(1, 2)).toBeNull()
    expect(state.underWay).toBe(2)
    expect(state.done).toBe(0)
  })

  it('closes an attempt that was not applied, whether known at once or found out', () => {
    const notApplied: JournalEvent = { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }
    expect(stateOf(intentOf(1), notApplied).progressOf(1, 1)).toMatchObject({ attempts: 1, open: null })
    const verdict = (kind: 'applied' | 'not_applied' | 'someone_else' | 'unknown'): JournalEvent => ({
      event: 'verdict',
      row: 1,
      step: 1,
      attempt: 1,
      verdict: kind,
      evidence: 'x',
    })
    expect(stateOf(intentOf(1), verdict('not_applied')).progressOf(1, 1)?.open).toBeNull()
    // The result of these is not on disk yet: after a crash here the doubt is looked into once more.
    for (const kind of ['applied', 'someone_else', 'unknown'] as const)
      expect(stateOf(intentOf(1), verdict(kind)).progressOf(1, 1)?.open).not.toBeNull()
  })

  it('does not close a later attempt by word of an earlier one', () => {
    const late: JournalEvent = { event: 'not_applied', row: 1, step: 1, attempt: 1, why: '429' }
    expect(stateOf(intentOf(1, 1), intentOf(1, 2), late).progressOf(1, 1)?.open?.intent.attempt).toBe(2)
  })

  it('keeps how a doubt came about', () => {
    const doubt: JournalEvent = {
      event: 'in_doubt',
      row: 1,
      step: 1,
      attempt: 1,
      at_once: true,
      sent_okta_time: 1_772_445_600_500,
      why: '500',
    }
    expect(stateOf(intentOf(1), doubt).progressOf(1, 1)?.open?.doubt).toEqual(doubt)
    expect(stateOf(intentOf(1), doubt, intentOf(1, 2)).progressOf(1, 1)?.open?.doubt).toBeNull()
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
    expect(state.resultPosition(2, 2)).toEqual({ offset: 200, length: 99 })
    expect(state.resultPosition(1, 2)).toBeNull()
    expect(state.hasResult(3, 1)).toBe(false)
    expect(state.hasResult(1_000_000, 1)).toBe(false)
  })

  it('takes results back', () => {
    const failed = resultOf(1, { result: 'failed' })
    const reopened: JournalEvent = { event: 'reopened', tasks: [failed, resultOf(7)], why: 'credentials' }
    const state = stateOf({ event: 'result', ...failed }, { event: 'result', ...resultOf(2) }, reopened)
    expect(state.hasResult(1, 1)).toBe(false)
    expect(state.done).toBe(1)
    expect(state.counts.get('failed')).toBe(0)
  })

  it('takes a result back once, and none that is not there', () => {
    const failed = resultOf(1, { result: 'failed' })
    const state = stateOf({ event: 'result', ...failed }, { event: 'result', ...resultOf(2) })
    for (let times = 0; times < 2; times++) state.takeBack([failed, resultOf(9)])
    expect(state.done).toBe(1)
    expect(Object.fromEntries(state.counts)).toEqual({ failed: 0, succeeded: 1 })
    state.apply({ event: 'result', ...resultOf(1) }, { offset: 900, length: 99 })
    expect(state.resultPosition(1, 1)).toEqual({ offset: 900, length: 99 })
    expect(state.done).toBe(2)
  })

  it('knows the results from a failed task on: its own, and those of the later steps skipped for it', () => {
    const failed = { ...resultOf(1), result: 'failed' as const }
    const skipped = resultOf(1, { step: 2, result: 'skipped', reason: 'earlier_step' })
    const state = stateOf({ event: 'result', ...failed }, { event: 'result', ...skipped })
    expect(state.resultsFrom({ row: 1, step: 1 })).toEqual([
      { row: 1, step: 1, result: 'failed', reason: null },
      { row: 1, step: 2, result: 'skipped', reason: 'earlier_step' },
    ])
    expect(state.resultsFrom({ row: 2, step: 1 })).toEqual([])
    state.takeBack(state.resultsFrom({ row: 1, step: 1 }))
    expect(state.done).toBe(0)
    expect([...state.counts.values()].every((count) => count === 0)).toBe(true)
  })

  it('knows the results of a step without those of the steps before it', () => {
    const failed = resultOf(1, { step: 2, result: 'failed' })
    const state = stateOf({ event: 'result', ...resultOf(1) }, { event: 'result', ...failed })
    expect(state.resultsFrom({ row: 1, step: 2 })).toEqual([
      { row: 1, step: 2, result: 'failed', reason: null },
    ])
  })

  it('remembers the sends that may count in a window, and forgets the others', () => {
    const state = new RunState(1)
    const start = 1_772_445_600_000
    for (let row = 1; row <= 10_000; row++)
      state.apply(intentOf(row, 1, { okta_time: start + row * 1_000 }), { offset: 0, length: 1 })
    const last = start + 10_000_000
    const minute = state.recentSends.filter((time) => time > last - 60_000)
    expect(minute).toHaveLength(60)
    expect(state.recentSends.length).toBeLessThan(3_000)
  })

  it('knows where results far apart stand', () => {
    const state = new RunState(1)
    for (let row = 1; row <= 200_000; row += 7)
      state.apply({ event: 'result', ...resultOf(row) }, { offset: row * 1e6, length: 500 })
    expect(state.resultPosition(7 * 20_000 + 1, 1)).toEqual({ offset: (7 * 20_000 + 1) * 1e6, length: 500 })
    expect(state.resultPosition(2, 1)).toBeNull()
  })

  it('counts the time at work: of each execution to its stop, or to its last result where it was killed', () => {
    const at = (second: number): string => new Date(1_772_445_600_000 + second * 1_000).toISOString()
    const state = stateOf(
      { event: 'execution', at: at(0) },
      { event: 'result', ...resultOf(1, { finished_at: at(7) }) },
      { event: 'execution', at: at(1_000) },
      { event: 'stopped', at: at(1_005), state: 'stopped', reason: 'x', requests: { reads: 2 }, retries: {} },
      { event: 'execution', at: at(2_000) },
    )
    expect(state.workedMs).toBe(12_000)
    expect(state.executions).toBe(3)
    expect(state.firstExecutionAt).toBe(at(0))
    expect(state.lastStop).toBeNull()
    expect(Object.fromEntries(state.totals.requests)).toEqual({ reads: 2 })
  })
})
