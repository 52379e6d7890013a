import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../src/report/exit-code.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedResult, ReportRow } from '../../src/report/report-row.ts'
import { createTotalsCounter } from '../../src/report/totals.ts'
import { expectedSkips, type SkipReason } from '../../src/rules/result.ts'

function codeOf(...results: [ReportedResult, SkipReason?][]): number {
  const counter = createTotalsCounter()
  const tasks = results.map(([result, reason]) => ({
    ...pendingTask({ row: 1, step: 1, user: 'u', action: 'unlock' }, null),
    result,
    reason: reason ?? null,
  }))
  counter.add({ row: 1, cells: new Map(), excused: [], notRead: null, tasks: tasks as ReportRow['tasks'] })
  return exitCodeOf(counter.totals(), expectedSkips)
}

describe('exitCodeOf', () => {
  test('1 for a lost activation link alone, and its person needs somebody', () => {
    const counter = createTotalsCounter()
    const task = {
      ...pendingTask({ row: 1, step: 1, user: 'u', action: 'activate' }, null),
      result: 'succeeded' as const,
    }
    const row = { cells: new Map(), excused: [], notRead: null }
    counter.add({ ...row, row: 1, tasks: [task] })
    expect(exitCodeOf(counter.totals(), expectedSkips)).toBe(0)
    counter.add({ ...row, row: 2, tasks: [{ ...task, row: 2, user: 'v', activation_link: 'lost' }] })
    expect(exitCodeOf(counter.totals(), expectedSkips)).toBe(1)
    expect(counter.totals()).toMatchObject({
      lostLinks: 1,
      people: { total: 2, done: 1, need_you: 1, left_alone: 0 },
    })
  })

  test.each<[number, ...[ReportedResult, SkipReason?][]]>([
    [0],
    [0, ['succeeded'], ['unchanged'], ['skipped', 'duplicate'], ['skipped', 'only_status']],
    [1, ['succeeded'], ['not_run']],
    [1, ['succeeded'], ['unsettled']],
    [1, ['succeeded'], ['failed']],
    [1, ['in_doubt']],
    [1, ['skipped', 'duplicate'], ['skipped', 'protected']],
    [1, ['skipped', 'token_owner']],
    [1, ['skipped', 'invalid_row']],
    [1, ['skipped', 'earlier_step']],
    [1, ['skipped', 'in_doubt']],
    [1, ['skipped']],
  ])('%i for %j', (code, ...results) => {
    expect(codeOf(...results)).toBe(code)
  })
})
