import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { userStatuses } from '../../../src/okta/status.ts'
import { Directory } from '../../../src/sandbox/store/directory.ts'
import { UserTable } from '../../../src/sandbox/store/user-table.ts'
import { oktaIdFor } from '../../../src/sandbox/users/okta-id.ts'
import { type SandboxUser, userSources } from '../../../src/sandbox/users/user.ts'
import { cases } from '../../support/cases.ts'
import { userOf } from '../with-sandbox.ts'

const time = fc
  .integer({ min: -10_000_000_000, max: 10_000_000_000 })
  .map((second) => new Date(second * 1000).toISOString())
const maybe = fc.option(time)
const text = fc.string({ maxLength: 12 })
const profile = fc
  .record({
    firstName: text,
    lastName: text,
    mobilePhone: fc.option(text),
    secondEmail: fc.option(text),
    login: text,
    email: text,
  })
  .chain((base) =>
    fc
      .dictionary(fc.stringMatching(/^[a-z]{3,5}$/), fc.oneof(text, fc.integer(), fc.constant(null)))
      .map((others) => ({ ...others, ...base })),
  )
const factor = fc.record({
  id: text,
  factorType: text,
  provider: text,
  status: fc.constantFrom('ACTIVE' as const, 'PENDING_ACTIVATION' as const),
  created: time,
})
const user: fc.Arbitrary<SandboxUser> = fc.record({
  id: text.map((seed) => oktaIdFor('00u', seed)),
  status: fc.constantFrom(...userStatuses),
  created: time,
  activated: maybe,
  statusChanged: maybe,
  lastLogin: maybe,
  lastUpdated: time,
  passwordChanged: maybe,
  profile,
  source: fc.constantFrom(...userSources),
  factors: fc.array(factor, { maxLength: 2 }),
  roles: fc.array(text, { maxLength: 2 }),
  blockedFromUnknownDevices: fc.boolean(),
  transition: fc.option(
    fc.record({
      action: fc.constantFrom('activate' as const, 'deactivate' as const),
      to: fc.constantFrom(...userStatuses),
      endsAt: fc.integer(),
    }),
  ),
})

describe('UserTable', () => {
  it('gives back every user as it was written last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(user, user), { maxLength: 40 }), (pairs) => {
        const table = new UserTable(0)
        for (const [first] of pairs) table.push(first)
        expect(pairs.map((_, row) => table.read(row))).toEqual(pairs.map(([first]) => first))
        for (const [row, [first, second]] of pairs.entries()) table.write(row, { ...second, id: first.id })
        expect(pairs.map((_, row) => table.read(row))).toEqual(
          pairs.map(([first, second]) => ({ ...second, id: first.id })),
        )
      }),
      { numRuns: cases(40) },
    )
  })
})

describe('Directory', () => {
  it('follows a login that changes, with its short name', () => {
    const directory = new Directory()
    const ann = userOf('ann@example.com', 'ACTIVE')
    directory.add(ann)
    directory.add(userOf('bo@example.com', 'ACTIVE'))
    directory.replace({ ...ann, profile: { ...ann.profile, login: 'anna@example.com' } })
    expect(['ann@example.com', 'ann'].map((key) => directory.find(key))).toEqual([null, null])
    expect(['ANNA@example.com', 'anna', ann.id].map((key) => directory.find(key)?.id)).toEqual([
      ann.id,
      ann.id,
      ann.id,
    ])
    expect(directory.hasLogin('ann@example.com')).toBe(false)
  })

  it('keeps the place of a removed user, and takes the same id anew', () => {
    const directory = new Directory()
    const users = ['a', 'b', 'c'].map((name) => userOf(`${name}@example.com`, 'ACTIVE'))
    for (const one of users) directory.add(one)
    const [a, b, c] = users.map((one) => one.id)
    directory.remove(users[1] ?? userOf('b@example.com', 'ACTIVE'))
    expect(directory.find(b ?? '')).toBeNull()
    expect([...directory.rows()].map((row) => directory.table.id(row))).toEqual([a, c])
    const after = directory.rowOf(b ?? '')
    expect([...directory.rows(after)].map((row) => directory.table.id(row))).toEqual([c])
    directory.add(userOf('b@example.com', 'STAGED'))
    expect(directory.find(b ?? '')?.status).toBe('STAGED')
    expect(directory.size).toBe(3)
  })
})
