import { expect, test } from 'vitest'
import type { Action } from '../../src/okta/actions.ts'
import type { UserStatus } from '../../src/okta/status.ts'
import { FeedAgain, lookAtOthers } from '../../src/report/feed-again.ts'
import { pendingTask } from '../../src/report/pending-task.ts'
import type { ReportedResult, ReportedTask, ReportRow } from '../../src/report/report-row.ts'

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

/** A row of one task. */
function rowOf(row: number, user: string, task: Partial<ReportedTask>): ReportRow {
  const blank = pendingTask({ row, step: 1, user, action: task.action ?? 'suspend' }, null)
  return { row, cells: new Map(), tasks: [{ ...blank, ...task }], excused: [], notRead: null }
}

async function* each(rows: readonly ReportRow[]): AsyncGenerator<ReportRow> {
  yield* rows
}

async function fedOf(rows: readonly ReportRow[]): Promise<readonly number[]> {
  const feeding = new FeedAgain(await lookAtOthers(each(rows)))
  return rows.filter((row) => feeding.see(row)).map(({ row }) => row)
}

test('no row is fed again beside an unsettled call of its user, whichever way it is named', async () => {
  const id = '00u1ab2cd3ef4gh5ij6k'
  const known = { okta_user_id: id, okta_login: 'ada@example.com' }
  const open: Partial<ReportedTask> = { ...known, action: 'unsuspend', result: 'unsettled' }
  expect(
    await fedOf([rowOf(1, id, open), rowOf(2, 'Ada@example.com', {}), rowOf(3, 'bob@example.com', {})]),
  ).toEqual([3])
  expect(await fedOf([rowOf(1, 'ada@example.com', {}), rowOf(2, id, open)])).toEqual([])
})

test('a reactivate is not fed again behind an activate whose link has gone out', async () => {
  const failed: Partial<ReportedTask> = { action: 'reactivate', result: 'failed' }
  const activated = (result: ReportedResult): Partial<ReportedTask> => ({ action: 'activate', result })
  const user = 'ada@example.com'
  expect(await fedOf([rowOf(1, user, failed), rowOf(2, user, activated('succeeded'))])).toEqual([])
  expect(await fedOf([rowOf(1, user, failed), rowOf(2, user, activated('unchanged'))])).toEqual([1])
})

test('a row whose own step has led its user out of only_status is left to its run', () => {
  const step = (number: number, action: Action, task: Partial<ReportedTask>): ReportedTask => ({
    ...pendingTask({ row: 1, step: number, user: 'a@example.com', action }, null),
    ...task,
  })
  const isFedWith = (first: Partial<ReportedTask>, onlyStatus: readonly UserStatus[]): boolean => {
    const tasks = [step(1, 'suspend', first), step(2, 'deactivate', { result: 'failed' })]
    return new FeedAgain(undefined, { leavesRows: false, onlyStatus }).see({
      ...{ row: 1, cells: new Map(), tasks, excused: [], notRead: null },
    })
  }
  const done = { result: 'succeeded', status_after: 'SUSPENDED' } as const
  expect(isFedWith(done, ['ACTIVE'])).toBe(false)
  expect(isFedWith({ result: 'in_doubt' }, ['ACTIVE'])).toBe(false)
  expect(isFedWith(done, ['ACTIVE', 'SUSPENDED'])).toBe(true)
  expect(isFedWith({ result: 'failed' }, ['ACTIVE'])).toBe(true)
})

test('a row is marked as not read if its user has another login by now, which somebody else may have', async () => {
  const rowOf = (row: number, key: string, logins: readonly string[]): ReportRow => ({
    row,
    cells: new Map(),
    tasks: logins.map(
      (login, index): ReportedTask => ({
        ...pendingTask({ row, step: index + 1, user: key, action: 'suspend' }, null),
        result: index === 0 ? 'succeeded' : 'failed',
        okta_user_id: `00u${String(row).padStart(17, '0')}`,
        okta_login: login,
      }),
    ),
    excused: [],
    notRead: null,
  })
  const rows = [
    rowOf(1, 'A@example.com', ['a@example.com', 'a@example.com']),
    rowOf(2, 'b@example.com', ['b@example.com', 'b.new@example.com']),
    rowOf(3, 'c', ['c@example.com', 'c@example.com']),
    rowOf(4, '00u00000000000000004', ['d@example.com', 'd.new@example.com']),
    rowOf(5, 'b', ['b@example.org', 'b@example.org']),
  ]
  const each = async function* (): AsyncGenerator<ReportRow> {
    yield* rows
  }
  const feed = new FeedAgain(await lookAtOthers(each()))
  expect(rows.map((row) => feed.marked(row).notRead !== null)).toEqual([false, true, false, false, true])
})
