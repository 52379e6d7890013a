import { expect, test } from 'vitest'
import type { Action } from '../../src/okta/actions.ts'
import { FeedAgain } from '../../src/report/feed-again.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedResult, ReportedTask } from '../../src/report/report-row.ts'

/** Whether a row with these steps would be fed again. */
function isFed(...steps: readonly (readonly [action: Action, result: ReportedResult])[]): boolean {
  const tasks = steps.map(
    ([action, result], index): ReportedTask => ({
      ...pendingTask({ row: 1, step: index + 1, user: 'a@example.com', action }, null),
      result,
    }),
  )
  return new FeedAgain().see({ row: 1, cells: new Map(), tasks, excused: [], notRead: null })
}

test('a row with a failed step is fed again where its first steps find the user at their target', () => {
  expect(isFed(['suspend', 'succeeded'], ['deactivate', 'failed'])).toBe(true)
  expect(isFed(['suspend', 'failed'], ['deactivate', 'not_run'])).toBe(true)
})

test('a row is not fed again if somebody else has taken back a step that was applied', () => {
  const step = (action: Action, result: ReportedResult, status_after: string): ReportedTask => ({
    ...pendingTask({ row: 1, step: 1, user: 'a@example.com', action }, null),
    result,
    status_after,
  })
  const isFedWith = (status: string): boolean => {
    const tasks = [step('activate', 'succeeded', 'PROVISIONED'), step('suspend', 'failed', status)]
    return new FeedAgain().see({ row: 1, cells: new Map(), tasks, excused: [], notRead: null })
  }
  expect(isFedWith('PROVISIONED')).toBe(true)
  expect(isFedWith('DEPROVISIONED')).toBe(false)
})

test('a row is not fed again if a step in doubt may have led the user to where an applied one is sent again', () => {
  const tasks: ReportedTask[] = (['suspend', 'unsuspend', 'suspend'] as const).map((action, index) => ({
    ...pendingTask({ row: 1, step: index + 1, user: 'a@example.com', action }, null),
    result: (['succeeded', 'in_doubt', 'skipped'] as const)[index] ?? 'failed',
    status_after: index === 0 ? 'SUSPENDED' : null,
  }))
  expect(new FeedAgain().see({ row: 1, cells: new Map(), tasks, excused: [], notRead: null })).toBe(false)
  expect(isFed(['suspend', 'succeeded'], ['deactivate', 'in_doubt'])).toBe(true)
})

test('a row is not fed again if a step that was applied would be applied twice', () => {
  expect(isFed(['suspend', 'succeeded'], ['unsuspend', 'succeeded'], ['suspend', 'failed'])).toBe(false)
  expect(isFed(['suspend', 'succeeded'], ['unsuspend', 'unchanged'], ['suspend', 'in_doubt'])).toBe(false)
  expect(isFed(['deactivate', 'succeeded'], ['activate', 'succeeded'], ['suspend', 'not_run'])).toBe(false)
  expect(isFed(['suspend', 'unchanged'], ['unsuspend', 'succeeded'], ['suspend', 'failed'])).toBe(false)
  expect(isFed(['suspend', 'unchanged'], ['unsuspend', 'succeeded'], ['deactivate', 'failed'])).toBe(false)
})
