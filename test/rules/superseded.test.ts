import { describe, expect, it } from 'vitest'
import type { Action } from '../../src/okta/actions.ts'
import type { TaskResult } from '../../src/rules/result.ts'
import { SupersededRows } from '../../src/rules/superseded.ts'
import { resultOf, rowOf } from '../retry/results.ts'

const id = '00u00000000000000001'
const unread = { okta_user_id: null, okta_login: null }

/** Shows a row whose one task ended so. */
function see(
  rows: SupersededRows,
  row: number,
  user: string,
  action: Action,
  result: TaskResult['result'],
  more: Partial<TaskResult> = {},
): void {
  const input = rowOf(row, user, action)
  const retried = result === 'failed' ? { input, todo: [action], standing: [] } : null
  rows.see(row, user, [resultOf(row, 1, action, result, { user, ...more })], retried)
}

describe('a row that failed', () => {
  it('is superseded where a later row led the user elsewhere', () => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', 'suspend', 'failed')
    see(rows, 2, 'user1@example.com', 'unsuspend', 'succeeded')
    expect(rows.by(1)).toEqual({ row: 2, action: 'unsuspend', inDoubt: false })
    expect([rows.by(2), rows.size]).toEqual([null, 1])
  })

  it.each<[string, string, string, Partial<TaskResult>, Partial<TaskResult>]>([
    ['the login and then the id', 'user1@example.com', id, unread, { okta_login: null }],
    ['the id and then the login', id, 'USER1@example.com', { okta_login: null }, {}],
    ['an unread login in other letters', 'User1@Example.com', 'user1@example.com', unread, unread],
    ['the short name and then the id', 'user1', id, {}, {}],
  ])('is recognized where the rows name %s', (_, first, second, ofFirst, ofSecond) => {
    const rows = new SupersededRows()
    see(rows, 1, first, 'deactivate', 'failed', ofFirst)
    see(rows, 2, second, 'activate', 'unchanged', { ...ofSecond, okta_login: 'user1@example.com' })
    expect(rows.by(1)?.row).toBe(2)
  })

  it.each<[Action, Action, TaskResult['result']]>([
    ['reset_factors', 'suspend', 'succeeded'],
    ['suspend', 'reset_factors', 'succeeded'],
    ['suspend', 'suspend', 'succeeded'],
    ['unlock', 'unsuspend', 'succeeded'],
    ['suspend', 'deactivate', 'succeeded'],
    ['suspend', 'unsuspend', 'failed'],
    ['suspend', 'unsuspend', 'skipped'],
  ])('%s is not superseded by a later %s that ended as %s', (first, second, result) => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', first, 'failed')
    see(rows, 2, 'user1@example.com', second, result)
    expect(rows.by(1)).toBeNull()
  })

  it.each<[Action, Action, boolean]>([
    // The status after the earlier call would be taken for what the call in doubt has done.
    ['suspend', 'unsuspend', true],
    ['suspend', 'suspend', true],
    ['reset_factors', 'deactivate', true],
    // Nothing settles these by the status.
    ['suspend', 'reset_factors', false],
    ['suspend', 'reactivate', false],
    ['reactivate', 'reactivate', true],
    ['reset_factors', 'reset_factors', true],
  ])('waits, %s for a later %s in doubt: %s', (first, second, waits) => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', first, 'failed')
    see(rows, 2, 'user1@example.com', second, 'in_doubt')
    expect(rows.by(1)).toEqual(waits ? { row: 2, action: second, inDoubt: true } : null)
    expect([rows.size, rows.waiting]).toEqual([0, waits ? 1 : 0])
  })

  it('is superseded where a later row has reset the factors: another reset would remove newer ones', () => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', 'reset_factors', 'failed')
    see(rows, 2, 'user1@example.com', 'reset_factors', 'succeeded')
    expect(rows.by(1)?.row).toBe(2)
  })

  it('is superseded for good by what was carried out, whatever is in doubt besides', () => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', 'suspend', 'failed')
    see(rows, 2, 'user1@example.com', 'suspend', 'in_doubt')
    see(rows, 3, 'user1@example.com', 'unsuspend', 'succeeded')
    see(rows, 4, 'user1@example.com', 'suspend', 'in_doubt')
    expect([rows.by(1)?.row, rows.by(1)?.inDoubt, rows.size]).toEqual([3, false, 1])
  })

  it('is not superseded by an earlier row, by another user’s, or by a step of its own', () => {
    const rows = new SupersededRows()
    see(rows, 1, 'user1@example.com', 'unsuspend', 'succeeded')
    rows.see(
      2,
      'user1@example.com',
      [resultOf(2, 1, 'unsuspend', 'unchanged'), resultOf(2, 2, 'suspend', 'failed')],
      { todo: ['suspend'] },
    )
    see(rows, 3, 'user2@example.com', 'unsuspend', 'succeeded', {
      okta_user_id: '00u00000000000000002',
      okta_login: 'user2@example.com',
    })
    expect([rows.by(1), rows.by(2), rows.by(3)]).toEqual([null, null, null])
  })
})
