import { describe, expect, it } from 'vitest'
import { changeOf, explains } from '../../src/rules/explained-change.ts'
import { resultOf } from '../journal/support.ts'

const at = (second: number): string => new Date(1_772_445_600_000 + second * 1_000).toISOString()
const shown = (status: 'ACTIVE' | 'SUSPENDED', changed: number, to: 'ACTIVE' | null = null) => ({
  status,
  statusChanged: at(changed),
  transitioningToStatus: to,
})

describe('the change that a call of ours made', () => {
  const change = changeOf(resultOf(1, { action: 'unsuspend' }), Date.parse(at(60)))

  it('explains a status where it leads, as long as the clocks may differ, and no later one', () => {
    if (change === null) throw new Error('A change was expected.')
    expect(explains(change, shown('ACTIVE', 59))).toBe(true)
    expect(explains(change, shown('ACTIVE', 75))).toBe(true)
    expect(explains(change, shown('ACTIVE', 76))).toBe(false)
    expect(explains(change, shown('SUSPENDED', 59))).toBe(false)
    expect(explains(change, shown('SUSPENDED', 59, 'ACTIVE'))).toBe(true)
  })

  it('is known by the end of its task where no answer says when it was', () => {
    const ended = changeOf(resultOf(1, { action: 'suspend', finished_at: at(100) }), null)
    expect(ended).toEqual({ to: ['SUSPENDED'], until: Date.parse(at(115)) })
  })

  it('may come at any time where Okta works in the background', () => {
    const slow = changeOf(resultOf(1, { action: 'deactivate' }), Date.parse(at(60)))
    expect(slow).toEqual({ to: ['DEPROVISIONED'], until: null })
  })

  it('is none where the task did not succeed, or the status stays as it is', () => {
    expect(changeOf(resultOf(1, { action: 'suspend', result: 'unchanged' }), 1)).toBeNull()
    expect(changeOf(resultOf(1, { action: 'reset_factors' }), 1)).toBeNull()
  })
})
