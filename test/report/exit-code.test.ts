import { describe, expect, test } from 'vitest'
import { exitCodeOf } from '../../src/report/exit-code.ts'
import { notRun, type ReportRow } from '../../src/report/report-row.ts'
import { createTotalsCounter } from '../../src/report/totals.ts'
import { expectedSkips, type ResultName, type SkipReason } from '../../src/rules/result.ts'

function codeOf(...results: [ResultName | 'not_run', SkipReason?][]): number {
  const counter = createTotalsCounter()
  const tasks = results.map(([result, reason]) => ({
    ...notRun(1, 1, 'u', 'unlock'),
    result,
    reason: reason ?? null,
  }))
  counter.add({ row: 1, cells: new Map(), tasks: tasks as ReportRow['tasks'] })
  return exitCodeOf(counter.totals(), expectedSkips)
}

describe('exitCodeOf', () => {
  test.each<[number, ...[ResultName | 'not_run', SkipReason?][]]>([
    [0],
    [0, ['succeeded'], ['unchanged'], ['skipped', 'duplicate'], ['skipped', 'only_status']],
    [0, ['not_run']],
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
