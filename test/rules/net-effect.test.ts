import { describe, expect, it } from 'vitest'
import { NetEffect } from '../../src/rules/net-effect.ts'
import { resultOf } from '../journal/support.ts'

/** The net effect on one user of actions, in their order; with a `?`, one that may be somebody else's. */
function effectOf(...actions: readonly string[]): NetEffect {
  const effect = new NetEffect()
  for (const [index, name] of actions.entries()) {
    const action = name.replace('?', '')
    const status = action === 'suspend' ? 'SUSPENDED' : action === 'unsuspend' ? 'ACTIVE' : null
    const result = resultOf(index + 1, { action, okta_user_id: '00u1', status_after: status })
    if (name.endsWith('?')) effect.seeUnsure(result)
    else effect.see({ run: 'r', result, from: index * 1000, until: index * 1000 + 500 })
  }
  return effect
}

function reversedBy(...actions: readonly string[]): readonly string[] {
  return effectOf(...actions)
    .reversals()
    .map(({ action, row }) => `${action} of row ${row}`)
}

describe('what takes back', () => {
  it.each([
    [['suspend'], ['unsuspend of row 1']],
    [['unsuspend'], ['suspend of row 1']],
    [['suspend', 'unsuspend'], []],
    [['unsuspend', 'suspend'], []],
    [['suspend', 'unsuspend', 'suspend'], ['unsuspend of row 3']],
    [['suspend', 'unsuspend', 'suspend', 'unsuspend'], []],
    [['suspend', 'reset_factors'], ['unsuspend of row 1']],
    [['suspend', 'deactivate'], []],
    [['suspend', 'deactivate', 'activate', 'suspend'], ['unsuspend of row 4']],
    [['unlock', 'suspend'], ['unsuspend of row 2']],
    [['deactivate'], []],
    // Whom the run itself has brought back is not led away again, whoever did one of the calls.
    [['suspend?', 'unsuspend'], []],
    [['unsuspend?', 'suspend'], []],
    [['suspend', 'unsuspend?'], []],
    // Nor is anything taken back that may be somebody else's, or may have been so before the run.
    [['suspend?'], []],
    [['suspend?', 'suspend'], []],
    [['suspend', 'unsuspend', 'suspend?'], []],
    [['suspend', 'unsuspend?', 'suspend'], ['unsuspend of row 3']],
    [['suspend', 'deactivate?'], []],
    [['suspend?', 'deactivate', 'activate', 'suspend'], ['unsuspend of row 4']],
    [['suspend', 'reset_factors?'], ['unsuspend of row 1']],
  ] as const)('%s: %s', (actions, expected) => {
    expect(reversedBy(...actions)).toEqual(expected)
  })

  it('goes by how the last call left the user', () => {
    expect(effectOf('suspend', 'unsuspend', 'suspend').reversals()).toMatchObject([
      { user: '00u1', left: { statuses: ['SUSPENDED'], from: 2000, until: 2500 } },
    ])
  })

  it('knows several statuses where the run did not see which one it was', () => {
    const effect = new NetEffect()
    const result = resultOf(1, { action: 'unsuspend', okta_user_id: '00u1', status_after: null })
    effect.see({ run: 'r', result, from: 0, until: 1 })
    expect(effect.reversals()[0]?.left.statuses).toContain('PROVISIONED')
  })
})

it('counts what can’t be taken back, and users who are back already', () => {
  const effect = effectOf('suspend', 'unsuspend', 'reset_factors', 'reset_factors')
  expect(Object.fromEntries(effect.lasting)).toEqual({ reset_factors: 2 })
  expect(effect.alreadyBack).toBe(1)
})

it('keeps users apart and sorts by row', () => {
  const effect = new NetEffect()
  for (const row of [3, 1, 2]) {
    const result = resultOf(row, { action: 'suspend', okta_user_id: `00u${row}` })
    effect.see({ run: 'r', result, from: 0, until: 1 })
  }
  expect(effect.reversals().map(({ user }) => user)).toEqual(['00u1', '00u2', '00u3'])
})
