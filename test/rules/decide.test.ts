import { describe, expect, it } from 'vitest'
import { actionNames } from '../../src/okta/actions.ts'
import { userStatuses } from '../../src/okta/status.ts'
import { decide, decideAfterRefusal, decideAgain } from '../../src/rules/decide.ts'
import { actionTable } from '../okta/action-table.ts'
import { unchangedIn } from '../simulation/org-rules.ts'

const kinds = { S: 'send', U: 'unchanged', F: 'failed' } as const

const refusal = 'Okta answered 403 E0000032: No.'
/** An attempt that ended at the latest in this moment. */
const earlier = { underWayUntil: Date.parse('2026-03-02T10:00:00.000Z') }

const cases = actionNames.flatMap((action) => userStatuses.map((status) => [action, status] as const))

describe('decide', () => {
  it.each(cases)('%s on a user who is %s', (action, status) => {
    const decision = decide(action, { status, offered: [] })
    expect(decision.kind).toBe(kinds[actionTable[action][status]])
    if (decision.kind === 'send') return
    expect(decision.message).toContain(status)
  })

  it('names the status that was found and those that were needed, where it fails', () => {
    expect(decide('suspend', { status: 'LOCKED_OUT', offered: [] })).toEqual({
      kind: 'failed',
      message: 'user is LOCKED_OUT; suspend needs ACTIVE or PROVISIONED',
    })
    expect(decide('unlock', { status: 'STAGED', offered: [] })).toEqual({
      kind: 'failed',
      message: 'user is STAGED; unlock needs LOCKED_OUT or ACTIVE',
    })
  })
})

describe('decide, where Okta itself offers the action', () => {
  it.each(cases)('%s on a user who is %s', (action, status) => {
    const byTable = decide(action, { status, offered: [] })
    const decision = decide(action, { status, offered: [action] })
    // What the table fails is sent, for Okta knows better; what is there already needs no call.
    expect(decision).toEqual(byTable.kind === 'failed' ? { kind: 'send' } : byTable)
    const others = actionNames.filter((name) => name !== action)
    expect(decide(action, { status, offered: others })).toEqual(byTable)
  })
})

describe('decideAfterRefusal', () => {
  it.each(cases)('%s, refused, on a user who turns out to be %s', (action, status) => {
    const decision = decideAfterRefusal(action, { status, statusChanged: null }, refusal, null)
    expect(decision.kind).toBe(unchangedIn[action].includes(status) ? 'unchanged' : 'failed')
    expect(decision.message).toContain(status)
    expect(decision.message).toContain('E0000032')
  })

  it.each(cases)(
    '%s, refused after an attempt that may have come late, on a user who is %s',
    (action, status) => {
      const decision = decideAfterRefusal(action, { status, statusChanged: null }, refusal, earlier)
      const atTarget = targets[action]?.includes(status) === true
      if (atTarget) {
        // Never `unchanged`: the change was ours.
        expect(decision.kind).toBe('succeeded')
        expect(decision.message).toMatch(/confirmed late/)
      } else {
        expect(decision).toEqual(decideAfterRefusal(action, { status, statusChanged: null }, refusal, null))
      }
    },
  )
})

/** Where an applied call leaves the user, as the documents say. */
const targets: Readonly<Record<string, readonly string[]>> = {
  activate: ['PROVISIONED', 'ACTIVE'],
  deactivate: ['DEPROVISIONED'],
  suspend: ['SUSPENDED'],
  unlock: ['ACTIVE'],
  unsuspend: ['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED', 'RECOVERY'],
}

describe('decideAgain', () => {
  it.each(cases)('%s on a user who is %s', (action, status) => {
    const user = { status, statusChanged: null, offered: [], transitioningToStatus: null }
    const decision = decideAgain(action, user, earlier)
    const sent = actionTable[action][status] === 'S'
    if (targets[action]?.includes(status) === true && !sent) {
      expect(decision).toEqual({ kind: 'succeeded', message: expect.stringContaining(`user is ${status}`) })
    } else {
      expect(decision).toEqual(decide(action, { status, offered: [] }))
    }
  })

  it('takes a user on the way to the target for one who is there, and on another way for what the user is', () => {
    const user = { status: 'ACTIVE', statusChanged: null, offered: [] } as const
    expect(decideAgain('deactivate', { ...user, transitioningToStatus: 'DEPROVISIONED' }, earlier)).toEqual({
      kind: 'succeeded',
      message:
        'confirmed late: an earlier attempt was applied after all, user is ACTIVE, still in transition to DEPROVISIONED',
    })
    for (const transitioningToStatus of ['PROVISIONED', 'NEW_ONE'])
      expect(decideAgain('deactivate', { ...user, transitioningToStatus }, earlier)).toEqual({ kind: 'send' })
  })

  it.each([
    ['2026-03-02T10:00:15.000Z', 'an earlier attempt was applied after all, user is SUSPENDED'],
    [
      '2026-03-02T10:00:16.000Z',
      'user is SUSPENDED since 2026-03-02T10:00:16.000Z, long after the call could still have been under way, so someone else may have done it',
    ],
  ])('says of a change of %s whether an earlier attempt explains it', (statusChanged, said) => {
    const user = { status: 'SUSPENDED', statusChanged, offered: [], transitioningToStatus: null } as const
    const decision = { kind: 'succeeded', message: `confirmed late: ${said}` }
    expect(decideAgain('suspend', user, earlier)).toEqual(decision)
    expect(decideAfterRefusal('suspend', user, refusal, earlier)).toEqual(decision)
  })
})
