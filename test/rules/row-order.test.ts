import { expect, it } from 'vitest'
import type { Action } from '../../src/okta/actions.ts'
import { skipForLaterStep } from '../../src/rules/row-order.ts'

it.each<[string, Action, Action, string, string | null]>([
  ['it would take the user elsewhere', 'deactivate', 'activate', 'succeeded', 'superseded'],
  ['a status in doubt could be settled by what it does', 'suspend', 'suspend', 'in_doubt', 'in_doubt'],
  ['the later step leads nowhere else', 'suspend', 'reset_factors', 'succeeded', null],
  ['nothing settles it by the status', 'suspend', 'reactivate', 'in_doubt', null],
  ['it failed as well', 'deactivate', 'activate', 'failed', null],
])('a failed step before one that was sent: %s', (_, first, second, result, reason) => {
  const later = { step: 2, action: second, result } as Parameters<typeof skipForLaterStep>[1][number]
  expect(skipForLaterStep({ step: 1, action: first }, [later])?.reason ?? null).toBe(reason)
  // Not the other way round.
  expect(skipForLaterStep({ step: 3, action: first }, [later])).toBeNull()
})
