import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Action, actionNames } from '../../../src/okta/actions.ts'
import { type UserStatus, userStatuses } from '../../../src/okta/status.ts'
import { decide } from '../../../src/sandbox/rules/lifecycle.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { act, orgOf, read, userOf } from '../with-sandbox.ts'

// What Okta does, user by user: the status after a 200, or the refusal. The columns stand in this order.
const columns: readonly UserStatus[] = [
  'STAGED',
  'PROVISIONED',
  'ACTIVE',
  'RECOVERY',
  'PASSWORD_EXPIRED',
  'LOCKED_OUT',
  'SUSPENDED',
  'DEPROVISIONED',
]
const no16 = '403 E0000016'
const no38 = '403 E0000038'
const no32 = '403 E0000032'
const no1 = '400 E0000001'
const matrix: Readonly<Record<Action, readonly string[]>> = {
  activate: ['ACTIVE', no16, no16, no16, no16, no16, no16, 'PROVISIONED'],
  deactivate: [...new Array<string>(7).fill('DEPROVISIONED'), '404 E0000007'],
  reactivate: [no38, 'PROVISIONED', no38, 'RECOVERY', no38, no38, no38, no38],
  reset_factors: columns,
  suspend: [no1, 'SUSPENDED', 'SUSPENDED', no1, 'SUSPENDED', no1, no1, no1],
  unlock: [no32, no32, no32, no32, no32, 'ACTIVE', no32, no32],
  unsuspend: [no1, no1, no1, no1, no1, no1, 'ACTIVE', no1],
}
const pairs = actionNames.flatMap((action) => userStatuses.map((status) => ({ action, status })))

describe('the seven actions on users of every status, over HTTP', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    const users = pairs.map(({ action, status }) => userOf(`${action}.${status}@example.com`, status))
    sandbox = await startSandbox({ seed: orgOf(users), limits: null })
  })
  afterAll(() => sandbox.close())

  it.each(pairs)('$action on $status', async ({ action, status }) => {
    const login = `${action}.${status}@example.com`
    const expected = matrix[action][columns.indexOf(status)]
    const answer = await act(sandbox, login, action)
    const after = (await read(sandbox, login)).body
    if (answer.status === 200) {
      expect(after).toMatchObject({ status: expected })
    } else {
      expect(answer.body).toMatchObject({ errorId: expect.stringMatching(/^oae[\w-]{22}$/) })
      const { errorCode } = answer.body as { errorCode: string }
      expect(`${answer.status} ${errorCode}`).toBe(expected)
      expect(after).toMatchObject({ status, statusChanged: null })
    }
    const id = sandbox.org.find(login)?.id ?? ''
    expect(sandbox.org.applied.get(id)).toEqual(answer.status === 200 ? { [action]: 1 } : undefined)
  })
})

describe('decide', () => {
  const at = '2026-03-04T05:06:07.000Z'

  it('makes a STAGED user without a password PROVISIONED', () => {
    const user = userOf('a@example.com', 'STAGED', { passwordChanged: null })
    const change = { status: 'PROVISIONED', activated: at, statusChanged: at, lastUpdated: at }
    expect(decide(user, 'activate', at)).toEqual({ kind: 'allowed', change })
  })

  it('takes password and roles from a deactivated user, so that activate makes it PROVISIONED', () => {
    const user = userOf('a@example.com', 'ACTIVE', { roles: ['SUPER_ADMIN'] })
    const decision = decide(user, 'deactivate', at)
    expect(decision).toMatchObject({ change: { status: 'DEPROVISIONED', passwordChanged: null, roles: [] } })
  })

  it.each(['ACTIVE', 'PROVISIONED', 'PASSWORD_EXPIRED'] as const)(
    'leads a suspended user back to %s by unsuspend, and no later one',
    (status) => {
      let user = userOf('a@example.com', status)
      const take = (action: Action): void => {
        const decision = decide(user, action, at)
        if (decision.kind === 'refused') throw new Error(decision.error.errorSummary)
        user = { ...user, ...decision.change }
      }
      take('suspend')
      expect(user.status).toBe('SUSPENDED')
      take('unsuspend')
      expect(user).toMatchObject({ status, statusChanged: at })
      take('suspend')
      take('deactivate')
      take('activate')
      expect(user).toMatchObject({ status: 'PROVISIONED', beforeSuspend: undefined })
    },
  )

  it('refuses to unlock a LOCKED_OUT user whom a directory masters', () => {
    const user = userOf('a@example.com', 'LOCKED_OUT', { source: 'ACTIVE_DIRECTORY' })
    expect(decide(user, 'unlock', at)).toMatchObject({ kind: 'refused', error: { errorCode: 'E0000032' } })
  })

  it('unlocks an ACTIVE user who is blocked from unknown devices, leaving the status and its time', () => {
    const user = userOf('a@example.com', 'ACTIVE', { blockedFromUnknownDevices: true })
    const change = { blockedFromUnknownDevices: false }
    expect(decide(user, 'unlock', at)).toEqual({ kind: 'allowed', change })
  })

  it.each(actionNames)('refuses %s during a transition with 409 E0000112', (action) => {
    const transition = { action: 'activate', to: 'ACTIVE', endsAt: 1 } as const
    const user = userOf('a@example.com', 'STAGED', { transition })
    expect(decide(user, action, at)).toMatchObject({ error: { httpStatus: 409, errorCode: 'E0000112' } })
  })
})
