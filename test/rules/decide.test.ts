import { describe, expect, it } from 'vitest'
import { actionNames } from '../../src/okta/actions.ts'
import { userStatuses } from '../../src/okta/status.ts'
import { decide, decideAfterRefusal } from '../../src/rules/decide.ts'
import { actionTable } from '../okta/action-table.ts'

const kinds = { S: 'send', U: 'unchanged', F: 'failed' } as const

const cases = actionNames.flatMap((action) => userStatuses.map((status) => [action, status] as const))

describe('decide', () => {
  it.each(cases)('%s on a user who is %s', (action, status) => {
    const decision = decide(action, status)
    expect(decision.kind).toBe(kinds[actionTable[action][status]])
    if (decision.kind === 'send') return
    expect(decision.message).toContain(status)
  })

  it('names the status that was found and those that were needed, where it fails', () => {
    expect(decide('suspend', 'LOCKED_OUT')).toEqual({
      kind: 'failed',
      message: 'user is LOCKED_OUT; suspend needs ACTIVE',
    })
    expect(decide('unlock', 'STAGED')).toEqual({
      kind: 'failed',
      message: 'user is STAGED; unlock needs LOCKED_OUT or ACTIVE',
    })
  })
})

describe('decideAfterRefusal', () => {
  // A user who turns out to be where the action leads; ACTIVE after a refused unlock counts too.
  const unchanged: Readonly<Record<string, readonly string[]>> = {
    activate: ['PROVISIONED', 'ACTIVE'],
    deactivate: ['DEPROVISIONED'],
    reactivate: [],
    reset_factors: [],
    suspend: ['SUSPENDED'],
    unlock: ['ACTIVE'],
    unsuspend: ['ACTIVE'],
  }

  it.each(cases)('%s, refused, on a user who turns out to be %s', (action, status) => {
    const decision = decideAfterRefusal(action, status, 'Okta answered 403 E0000032: No.')
    expect(decision.kind).toBe(unchanged[action]?.includes(status) ? 'unchanged' : 'failed')
    expect(decision.message).toContain(status)
    expect(decision.message).toContain('E0000032')
  })
})
