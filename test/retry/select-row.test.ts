import { describe, expect, it } from 'vitest'
import { selectRow } from '../../src/retry/select-row.ts'
import type { TaskResult } from '../../src/rules/result.ts'
import { resultOf, rowOf } from './results.ts'

const failed = resultOf(1, 1, 'suspend', 'failed')
const doubtful = resultOf(1, 1, 'suspend', 'in_doubt')
const done = resultOf(1, 1, 'suspend', 'succeeded')
const passedOver = resultOf(1, 1, 'suspend', 'skipped', { reason: 'in_doubt' })

describe('a row of one task', () => {
  it.each<[string, TaskResult | null]>([
    ['failed', failed],
    ['in doubt', doubtful],
    ['not run', null],
    ['passed over, for an earlier row of its user is in doubt', passedOver],
  ])('is taken up where it was %s', (_, result) => {
    const input = rowOf(1, 'user1@example.com', 'suspend')
    expect(selectRow({ input, results: [result] }, null)).toEqual({ input, todo: ['suspend'], standing: [] })
  })

  it.each<[string, TaskResult]>([
    ['succeeded', done],
    ['unchanged', resultOf(1, 1, 'suspend', 'unchanged')],
    ['a duplicate', resultOf(1, 1, 'suspend', 'skipped', { reason: 'duplicate' })],
    ['protected', resultOf(1, 1, 'suspend', 'skipped', { reason: 'protected' })],
    ['of another status', resultOf(1, 1, 'suspend', 'skipped', { reason: 'only_status' })],
    ['superseded', resultOf(1, 1, 'suspend', 'skipped', { reason: 'superseded' })],
    [
      'lost, and nobody knows whom it was sent to',
      resultOf(1, 1, 'suspend', 'in_doubt', { reason: 'other_user' }),
    ],
  ])('is left where it was %s', (_, result) => {
    expect(selectRow({ input: rowOf(1, 'user1@example.com', 'suspend'), results: [result] }, null)).toBeNull()
  })

  it('is left where it can’t be acted on', () => {
    const input = { ...rowOf(1, ''), kind: 'invalid', action: 'x', problems: [], raw: null } as const
    expect(selectRow({ input, results: [null] }, null)).toBeNull()
    expect(
      selectRow({ input, results: [resultOf(1, 1, 'suspend', 'skipped', { reason: 'invalid_row' })] }, null),
    ).toBeNull()
  })
})

it('does the steps anew that have no good end, and those alone', () => {
  const input = rowOf(1, 'user1@example.com', 'reset_factors', 'suspend', 'deactivate')
  const reset = resultOf(1, 1, 'reset_factors', 'succeeded')
  const results = [
    reset,
    resultOf(1, 2, 'suspend', 'failed'),
    resultOf(1, 3, 'deactivate', 'skipped', { reason: 'earlier_step' }),
  ]
  expect(selectRow({ input, results }, null)).toEqual({
    input,
    todo: ['suspend', 'deactivate'],
    standing: [reset],
  })
})
