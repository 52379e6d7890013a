import { expect, it } from 'vitest'
import { RefusedUsers } from '../../src/rules/refused-users.ts'
import { resultOf } from '../journal/support.ts'

const refused = { result: 'failed', http_status: 403, error_code: 'E0000006' } as const

it('a user is known by the key and by the id, for the action that was refused', () => {
  const users = new RefusedUsers()
  users.see(resultOf(1, { ...refused, user: 'Ada@example.com' }))
  expect(users.has('suspend', 'ada@EXAMPLE.com')).toBe(true)
  expect(users.has('suspend', '00u00000000000000001')).toBe(true)
  expect(users.has('deactivate', 'ada@example.com')).toBe(false)
  expect(users.has('suspend', 'bob@example.com')).toBe(false)
})

it.each([
  ['by the status', { ...refused, error_code: 'E0000038' }],
  ['and the task is in doubt', { ...refused, result: 'in_doubt' as const }],
  ['by nothing that Okta said', { ...refused, error_code: null }],
])('a user who was refused %s is not', (_, more) => {
  const users = new RefusedUsers()
  users.see(resultOf(1, more))
  expect(users.has('suspend', 'user1@example.com')).toBe(false)
})
