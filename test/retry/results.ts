import type { InputRow } from '../../src/input/row.ts'
import type { Action } from '../../src/okta/actions.ts'
import type { TaskResult } from '../../src/rules/result.ts'

/** A valid row, one cell a user. */
export function rowOf(row: number, user: string, ...actions: Action[]): Extract<InputRow, { kind: 'valid' }> {
  const noMore = { line: null, keyKind: 'address', sendEmail: null, due: null, checkLogin: null } as const
  return { kind: 'valid', row, user, actions, cells: new Map([['user', user]]), ...noMore }
}

/** A result with what matters, the rest as of a user who was read. */
export function resultOf(
  row: number,
  step: number,
  action: Action,
  result: TaskResult['result'],
  more: Partial<TaskResult> = {},
): TaskResult {
  return {
    row,
    step,
    user: 'user1@example.com',
    action,
    result,
    reason: null,
    status_before: 'ACTIVE',
    status_after: null,
    http_status: 200,
    error_code: null,
    message: `it ${result}`,
    attempts: 1,
    started_at: '2026-03-02T10:00:00.000Z',
    finished_at: '2026-03-02T10:00:01.000Z',
    okta_user_id: '00u00000000000000001',
    okta_login: 'user1@example.com',
    okta_request_id: 'req-1',
    ...more,
  }
}
