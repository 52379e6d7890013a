import { describe, expect, it } from 'vitest'
import type { UserStatus } from '../../src/okta/status.ts'
import { expectations } from '../../src/rules/expectation.ts'
import { judgeAgainstPlan, judgeSendingByPlan, type PlannedFacts } from '../../src/rules/planned.ts'

const ada = { id: '00uAda00000000000001', login: 'ada@example.com' }
const then = '2026-03-02T10:00:00.000Z'
const later = '2026-03-02T11:00:00.000Z'
const facts: PlannedFacts = {
  expected: 'succeeded',
  reason: null,
  seen: { id: ada.id, status: 'ACTIVE', status_changed: then },
}

function judged(
  status: UserStatus,
  statusChanged: string | null,
  ledTo: readonly UserStatus[] | null = null,
  more: Partial<PlannedFacts> = {},
): string | null {
  return judgeAgainstPlan({ ...facts, ...more }, { ...ada, status, statusChanged }, ledTo)?.message ?? null
}

describe('a user, compared with the plan', () => {
  it('is as planned with the same status since the same time', () => {
    expect(judged('ACTIVE', then)).toBeNull()
  })

  it.each([
    [
      'another status',
      'SUSPENDED',
      then,
      `user was ACTIVE (since ${then}) in the plan and is now SUSPENDED (since ${then})`,
    ],
    [
      'another time',
      'ACTIVE',
      later,
      `user was ACTIVE (since ${then}) in the plan and is now ACTIVE (since ${later})`,
    ],
    [
      'no time',
      'ACTIVE',
      null,
      `user was ACTIVE (since ${then}) in the plan and is now ACTIVE (never changed)`,
    ],
  ] as const)('has changed with %s', (_, status, changed, message) => {
    expect(judged(status, changed)).toBe(message)
  })

  it('is another one with another id, whatever the status', () => {
    const seen = { id: '00uBob00000000000002', status: 'ACTIVE', status_changed: then } as const
    expect(judged('ACTIVE', then, null, { seen })).toMatch(/key led to user 00uBob.* now leads to 00uAda/)
    expect(judged('ACTIVE', then, ['ACTIVE'], { seen })).toMatch(/now leads to/)
  })

  it('may be where the run itself has led it, and nowhere else', () => {
    expect(judged('SUSPENDED', later, ['SUSPENDED'])).toBeNull()
    expect(judged('ACTIVE', then, ['SUSPENDED'])).toMatch(
      /left the user SUSPENDED, but now the user is ACTIVE/,
    )
    expect(judged('PROVISIONED', later, ['PROVISIONED', 'ACTIVE'])).toBeNull()
  })

  it('can’t be compared where the plan read nobody', () => {
    expect(judged('ACTIVE', then, null, { seen: null, expected: 'unknown' })).toMatch(/nothing to compare/)
    expect(judged('ACTIVE', then, null, { seen: null, expected: 'failed', reason: 'not found' })).toBe(
      'the plan sends nothing here: it expected failed (not found)',
    )
  })
})

it('sends only what the plan expected to succeed or could not know', () => {
  const sent = expectations.filter((expected) => judgeSendingByPlan({ expected, reason: null }) === null)
  expect(sent).toEqual(['succeeded', 'unknown'])
})
