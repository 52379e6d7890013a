import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/messages/known-error.ts'
import { describeNext } from '../../src/messages/stop.ts'
import type { OktaUser } from '../../src/okta/user.ts'
import {
  adminProtection,
  guardId,
  guardKey,
  guardUser,
  guardUserCount,
  guardUserPercent,
  limitsPercent,
  nobodyProtected,
  type ProtectedUsers,
  type UserGuards,
} from '../../src/rules/guards.ts'
import { unusualIds } from '../journal/support.ts'

const id = '00u1Ab2cD3eF4gH5iJ6k'
const ownerId = '00u9Zz8yX7wV6uT5sR4q'

function user(login: string, more: Partial<OktaUser> = {}): OktaUser {
  return {
    id,
    login,
    status: 'ACTIVE',
    statusChanged: null,
    transitioningToStatus: null,
    offered: [],
    directory: null,
    ...more,
  }
}

/** Entries of which Okta has shown no id. */
function entries(...texts: readonly string[]): ProtectedUsers {
  return { ids: new Map(), entries: texts }
}

function guards(more: Partial<UserGuards> = {}): UserGuards {
  return { protect: nobodyProtected, onlyStatus: null, owner: null, ...more }
}

function isProtected(login: string, ...protect: string[]): boolean {
  const verdict = guardUser(user(login), guards({ protect: entries(...protect) }))
  if (verdict !== null) expect(verdict.reason).toBe('protected')
  return verdict !== null
}

describe('the protection of users', () => {
  it('objects to nothing where nothing is said', () => {
    expect(guardUser(user('ada@example.com'), guards())).toBeNull()
  })

  it('knows a user by id, login and short name, in any letter case and with or without accents', () => {
    for (const entry of [id, 'ceo@example.com', 'CEO@Example.COM', 'ceo', 'Céo@example.com', ' ceo '])
      expect(isProtected('ceo@example.com', entry)).toBe(true)
    expect(isProtected('CÉO@EXAMPLE.COM', 'ceo@example.com')).toBe(true)
    expect(isProtected('ce\u0301o@example.com', 'céo@example.com')).toBe(true)
  })

  // No document promises that every id is `00u` and 17 letters or digits.
  it.each(unusualIds)('knows a user by an id of another form than the usual one: %s', (unusual) => {
    const found = user('ceo@example.com', { id: unusual })
    expect(guardUser(found, guards({ protect: entries(unusual) }))?.reason).toBe('protected')
    expect(guardKey(unusual, { id: unusual, login: 'ceo@example.com' })?.reason).toBe('token_owner')
  })

  it('does not take one user for another', () => {
    for (const entry of ['ceo', 'ceo@example.com', 'ceo@', id.toLowerCase(), id.toUpperCase(), `${id}x`, ''])
      expect(isProtected('ceo2@example.org', entry)).toBe(false)
  })

  it.each([
    ['*@board.example.com', 'ada@board.example.com', true],
    ['*@board.example.com', 'ADA@BOARD.EXAMPLE.COM', true],
    ['*@board.example.com', 'ada@board.example.com.evil.example', false],
    ['*@board.example.com', 'ada@boardxexample.com', false],
    ['*@board.example.com', '@board.example.com', true],
    ['admin*', 'admin.ada@example.com', true],
    ['admin*', 'xadmin@example.com', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['*', 'anyone@example.com', true],
    ['**', '', true],
    ['*a*', 'b', false],
    ['*.+?^{}$()|[]\\*', 'x.+?^{}$()|[]\\y', true],
    ['*.*', 'ab', false],
    ['*müller@*', 'anna.MULLER@example.com', true],
  ])('matches the pattern %j with %j: %s', (pattern, login, expected) => {
    expect(isProtected(login, pattern)).toBe(expected)
  })

  it('matches as a regular expression would, and takes no time over long ones', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 })
    const login = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 })
    fc.assert(
      fc.property(letters, login, (pattern, text) => {
        fc.pre(pattern.includes('*'))
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text)
        expect(isProtected(text, pattern)).toBe(expected)
      }),
      { numRuns: 1_000 },
    )
    const started = performance.now()
    expect(isProtected('a'.repeat(20_000), `${'a*'.repeat(5_000)}b`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('acts only on the statuses that the job names', () => {
    const only = guards({ onlyStatus: ['ACTIVE', 'SUSPENDED'] })
    expect(guardUser(user('ada@example.com'), only)).toBeNull()
    const verdict = guardUser(user('ada@example.com', { status: 'STAGED' }), only)
    expect(verdict?.reason).toBe('only_status')
    expect(verdict?.message).toMatch(/STAGED.*ACTIVE, SUSPENDED/)
  })

  it('tells the protected from those of another status: protection is what someone must look at', () => {
    const both = guards({ protect: entries('ada'), onlyStatus: ['STAGED'] })
    expect(guardUser(user('ada@example.com'), both)?.reason).toBe('protected')
  })
})

describe('the owner of the token', () => {
  const owner = { id: ownerId, login: 'Owner@example.com' }

  it('is protected by id whatever the login says now, and before every other rule', () => {
    const verdict = guardUser(
      user('renamed@example.com', { id: ownerId }),
      guards({ owner, protect: entries('*') }),
    )
    expect(verdict?.reason).toBe('token_owner')
    expect(guardUser(user('owner@example.com'), guards({ owner }))).toBeNull()
  })

  it('is known by each of its keys where no user is read', () => {
    for (const key of [ownerId, 'owner@example.com', 'OWNER@EXAMPLE.COM', 'owner', 'Ówner'])
      expect(guardKey(key, owner)?.reason).toBe('token_owner')
    for (const key of ['owner2', 'owner@example.org', 'own', ownerId.toLowerCase()])
      expect(guardKey(key, owner)).toBeNull()
    expect(guardKey('owner', null)).toBeNull()
  })
})

describe('guardUserCount', () => {
  it('lets a run begin that names no more users than it may', () => {
    expect(guardUserCount(500, 500)).toBeNull()
    expect(guardUserCount(1_000_000, null)).toBeNull()
    expect(guardUserCount(0, 1)).toBeNull()
  })

  it('stops one that names more, and says how to go on', () => {
    const reason = guardUserCount(501, 500)
    expect(reason).toMatchObject({ state: 'stopped', exitCode: exitCodes.stoppedByGuard })
    expect(reason?.message).toMatch(/501.*500/)
    if (reason === null) throw new Error('not stopped')
    expect(describeNext(reason.advice, 'okta-lifecycle resume r')).toBe(
      'If that is right: okta-lifecycle resume r --max-users 501',
    )
  })
})

describe('administrators and members of groups', () => {
  const admins = (from: 'lockouts' | 'every_action') => ({ from, ids: new Set([id]) })
  const members = new Map([[id, 'Board (00g1)']])

  it('are known by their ids, whatever the login is', () => {
    const found = user('Ada@Example.com')
    const protect = { ...nobodyProtected, members }
    expect(guardUser(found, guards({ protect }))?.message).toMatch(/member of the group Board \(00g1\)/)
    expect(guardId(id, protect, 'unlock')?.reason).toBe('protected')
    expect(guardId(id.toLowerCase(), protect, 'unlock')).toBeNull()
  })

  it.each([
    ['lockouts', 'deactivate', true],
    ['lockouts', 'suspend', true],
    ['lockouts', 'activate', false],
    ['lockouts', 'reset_factors', false],
    ['lockouts', null, true],
    ['every_action', 'activate', true],
  ] as const)('protected from %s: %s', (from, action, isGuarded) => {
    const protect = { ...nobodyProtected, admins: admins(from) }
    expect(guardId(id, protect, action) !== null).toBe(isGuarded)
    expect(guardUser(user('a@example.com'), guards({ protect }), [], action) !== null).toBe(isGuarded)
    expect(guardUser(user('a@example.com', { id: ownerId }), guards({ protect }), [], action)).toBeNull()
  })

  it.each([
    [null, ['suspend'], 'lockouts'],
    [null, ['activate', 'deactivate'], 'lockouts'],
    [null, ['activate', 'unlock', 'reset_factors', 'unsuspend', 'reactivate'], 'nothing'],
    [null, [], 'nothing'],
    [null, null, 'lockouts'],
    [true, ['activate'], 'every_action'],
    [true, null, 'every_action'],
    [false, ['deactivate'], 'nothing'],
  ] as const)('protect_admins %s with %s', (said, actions, expected) => {
    expect(adminProtection(said, actions)).toBe(expected)
  })
})

describe('guardUserPercent', () => {
  it('lets a run begin as soon as enough active users were seen', () => {
    expect(guardUserPercent(5, 5, 99, false)).toBe('look_on')
    expect(guardUserPercent(5, 5, 100, false)).toBeNull()
    expect(guardUserPercent(0, 5, 0, false)).toBeNull()
    expect(guardUserPercent(1, 0.5, 200, true)).toBeNull()
  })

  it.each([
    [6, 5, 100, '--max-percent 6'],
    [1, 0.5, 199, '--max-percent 0.6'],
    [1, 5, 3, '--max-percent 33.4'],
    [3, 50, 2, '--max-percent 100'],
    [1, 50, 0, '--max-percent 100'],
  ])(
    'stops %i users at %f percent of %i, and says a percentage that goes on',
    (users, most, active, flags) => {
      const reason = guardUserPercent(users, most, active, true)
      if (reason === null || reason === 'look_on') throw new Error('not stopped')
      expect(reason).toMatchObject({ exitCode: exitCodes.stoppedByGuard, advice: { kind: 'flags', flags } })
      const allowed = Number(flags.split(' ')[1])
      expect(!limitsPercent(allowed) || guardUserPercent(users, allowed, active, true) === null).toBe(true)
    },
  )

  it('always says a percentage that is enough', () => {
    const counts = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(counts, counts, (users, active) => {
        const reason = guardUserPercent(users, 0.000_01, active, true)
        if (reason === null || reason === 'look_on' || reason.advice.kind !== 'flags') return
        const allowed = Number(reason.advice.flags.split(' ')[1])
        expect(!limitsPercent(allowed) || guardUserPercent(users, allowed, active, true) === null).toBe(true)
      }),
    )
  })
})
