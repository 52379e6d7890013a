import { describe, expect, it } from 'vitest'
import { KnownError } from '../../../src/messages/known-error.ts'
import { userStatuses } from '../../../src/okta/status.ts'
import { generateOrg } from '../../../src/sandbox/seed/generate-users.ts'
import { parseUserCounts } from '../../../src/sandbox/seed/user-counts.ts'

function countsOf(text: string): Record<string, number> {
  const { users } = generateOrg({ count: parseUserCounts(text), now: Date.UTC(2026, 0, 2) })
  const [, ...others] = users
  return Object.fromEntries(
    userStatuses.flatMap((status) => {
      const count = others.filter((user) => user.status === status).length
      return count === 0 ? [] : [[status, count]]
    }),
  )
}

describe('users by number', () => {
  it('deals out the statuses in turn for a number', () => {
    expect(countsOf('16')).toEqual(Object.fromEntries(userStatuses.map((status) => [status, 2])))
    expect(countsOf('0')).toEqual({})
  })

  it('makes as many of each status as the list says', () => {
    expect(countsOf('ACTIVE=400, suspended=50')).toEqual({ ACTIVE: 400, SUSPENDED: 50 })
  })

  it.each(['', 'many', '-1', '1.5', 'ACTIVE', 'ACTIVE=', 'ACTIVE=x', 'GONE=5', 'ACTIVE=1;STAGED=2'])(
    'refuses %j',
    (text) => {
      expect(() => parseUserCounts(text)).toThrow(KnownError)
    },
  )
})
