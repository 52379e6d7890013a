import { expect, it } from 'vitest'
import type { JobStep } from '../../src/job/step.ts'
import type { Action } from '../../src/okta/actions.ts'
import { skipForLaterStep } from '../../src/rules/row-order.ts'

const steps = (...actions: readonly Action[]): readonly JobStep[] =>
  actions.map((action) => ({ action, if_failed: 'go_on' }))

it.each<[string, readonly JobStep[], string, string | null]>([
  [
    'the last step is done, so its failure is allowed for',
    steps('deactivate', 'activate'),
    'succeeded',
    'superseded',
  ],
  ['a status in doubt could be settled by what it does', steps('suspend', 'suspend'), 'in_doubt', 'in_doubt'],
  ['a later step was carried out', steps('suspend', 'unsuspend', 'unlock'), 'succeeded', 'superseded'],
  ['the later step leads nowhere else', steps('suspend', 'reset_factors', 'unlock'), 'succeeded', null],
  ['nothing settles it by the status', steps('suspend', 'reactivate', 'unlock'), 'in_doubt', null],
  ['it failed as well', steps('deactivate', 'activate'), 'failed', null],
])('a failed step before one that was sent: %s', (_, job, result, reason) => {
  const [first, second] = job
  if (first === undefined || second === undefined) throw new Error('two steps are needed')
  const later = { step: 2, action: second.action, result } as Parameters<typeof skipForLaterStep>[1][number]
  expect(skipForLaterStep({ step: 1, action: first.action }, [later], job)?.reason ?? null).toBe(reason)
  // Not the other way round.
  expect(skipForLaterStep({ step: 3, action: first.action }, [later], job)).toBeNull()
})
