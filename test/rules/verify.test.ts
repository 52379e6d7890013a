import { describe, expect, it } from 'vitest'
import type { JobStep } from '../../src/job/step.ts'
import { actionNames } from '../../src/okta/actions.ts'
import { userStatuses } from '../../src/okta/status.ts'
import { judgeFactors, judgeStatus, verifiedBy, verifyingReadsPerTask } from '../../src/rules/verify.ts'

const verify = { actions: 'deactivate', for_seconds: 60 } as const
const all = { ...verify, actions: 'all' } as const

describe('what is verified', () => {
  it('is a deactivate alone unless the job says more', () => {
    expect(actionNames.filter((action) => verifiedBy(verify, action, []) !== null)).toEqual(['deactivate'])
    expect(actionNames.filter((action) => verifiedBy(all, action, []) === null)).toEqual(['reactivate'])
    expect(verifiedBy(all, 'reset_factors', [])).toBe('factors')
    expect(actionNames.map((action) => verifiedBy(all, action, ['deactivate']))).toEqual(Array(7).fill(null))
    // What follows leads nowhere else.
    expect(verifiedBy(all, 'suspend', ['reset_factors', 'reactivate'])).toBe('status')
    expect(verifiedBy(verify, 'deactivate', ['reset_factors'])).toBe('status')
    expect(verifiedBy(all, 'reset_factors', ['reactivate'])).toBeNull()
  })

  it('costs so many reads a task', () => {
    const step = (action: JobStep['action']): JobStep => ({ action, if_failed: 'stop' })
    expect(verifyingReadsPerTask({ verify, action: 'deactivate', steps: null })).toBe(1)
    expect(
      verifyingReadsPerTask({ verify, action: null, steps: [step('suspend'), step('deactivate')] }),
    ).toBe(0.5)
    expect(
      verifyingReadsPerTask({ verify: all, action: null, steps: [step('suspend'), step('reset_factors')] }),
    ).toBe(0.5)
    expect(verifyingReadsPerTask({ verify, action: 'suspend', steps: null })).toBe(0)
    expect(verifyingReadsPerTask({ verify, action: null, steps: null })).toBe(0)
    expect(verifyingReadsPerTask({ verify: all, action: null, steps: null })).toBe(1)
    expect(verifyingReadsPerTask({ verify: all, action: 'reset_factors', steps: null })).toBe(0)
  })
})

describe('a call holds', () => {
  const kindOf = (status: 'ACTIVE' | 'DEPROVISIONED', transitioningToStatus: string | null = null) =>
    judgeStatus('deactivate', { status, statusChanged: null, transitioningToStatus }).kind

  it('by the status and the transition', () => {
    expect(kindOf('DEPROVISIONED')).toBe('held')
    expect(kindOf('ACTIVE', 'DEPROVISIONED')).toBe('in_transition')
    expect(kindOf('DEPROVISIONED', 'ACTIVE')).toBe('in_transition')
    expect(kindOf('ACTIVE')).toBe('not_held')
    expect(kindOf('ACTIVE', 'PROVISIONED')).toBe('not_held')
  })

  it('of unsuspend, whatever the user was before the suspension', () => {
    const statuses = userStatuses.filter(
      (status) =>
        judgeStatus('unsuspend', { status, statusChanged: null, transitioningToStatus: null }).kind ===
        'held',
    )
    expect(statuses).toEqual(
      userStatuses.filter((status) => status !== 'SUSPENDED' && status !== 'DEPROVISIONED'),
    )
    const leaving = {
      status: 'SUSPENDED',
      statusChanged: null,
      transitioningToStatus: 'DEPROVISIONED',
    } as const
    expect(judgeStatus('unsuspend', leaving).kind).toBe('not_held')
    expect(judgeStatus('unsuspend', { ...leaving, transitioningToStatus: 'ACTIVE' }).kind).toBe(
      'in_transition',
    )
  })

  it('by the factors that are left: nobody knows of those of the second of the call', () => {
    const call = { oktaTime: 5_400, oktaTimeAtMost: 5_800 }
    expect(judgeFactors(call, []).kind).toBe('held')
    expect(judgeFactors(call, [6_000]).kind).toBe('held')
    expect(judgeFactors(call, [5_000, 6_000])).toEqual({
      kind: 'not_known',
      seen: '1 factor was enrolled at the time of the call',
    })
    expect(judgeFactors(call, [4_000, 5_000, 6_000]).seen).toMatch(/^1 factor from before the call /)
    expect(judgeFactors(call, [4_000]).kind).toBe('not_held')
    expect(judgeFactors(call, [Number.NaN]).kind).toBe('not_known')
  })
})
