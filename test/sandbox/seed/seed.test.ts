import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, actionNames, ruleOf } from '../../../src/okta/actions.ts'
import { userStatuses } from '../../../src/okta/status.ts'
import { OrgClock } from '../../../src/sandbox/org/clock.ts'
import { Org } from '../../../src/sandbox/org/org.ts'
import type { OrgState } from '../../../src/sandbox/org/org-state.ts'
import { generateOrg, generateUsers } from '../../../src/sandbox/seed/generate-users.ts'
import { walk } from '../../../src/sandbox/seed/starting-point.ts'
import { type SeedRow, usersForInput } from '../../../src/sandbox/seed/users-for-input.ts'
import { foldLogin } from '../../../src/sandbox/users/login.ts'

const now = Date.UTC(2026, 5, 1)

function orgFrom(state: OrgState): Org {
  return new Org(state, new OrgClock(() => now, 0), { activate: 0, deactivate: 0, membership: 0 })
}

/** Does to the org what a run would do, and says how each action ended. */
function run(org: Org, rows: readonly SeedRow[]): string[] {
  const details = { respondAsync: false, sendEmail: null, requestId: '' }
  return rows.flatMap(({ user: key, actions }) =>
    actions.map((action) => {
      const user = org.find(key)
      if (user === null) return `${key} not found`
      const rule = ruleOf(action)
      if (rule.unchangedIn.includes(user.status)) return 'unchanged'
      if (!rule.sentFrom.includes(user.status)) return `${action} on ${user.status}`
      const error = org.act(user, action, details)
      if (error === null) return 'succeeded'
      return rule.unchangedAfterRefusalIn.includes(user.status) ? 'unchanged' : `${action} refused`
    }),
  )
}

const startingPoints = userStatuses.flatMap((status) =>
  [true, false].map((stagedWithPassword) => ({ status, stagedWithPassword })),
)

function isPossible(actions: readonly Action[]): boolean {
  return startingPoints.some((start) => !walk(start, actions).includes('failed'))
}

const names = ['ann', 'Ann', 'zoë', 'Zoe', 'bystander.1', 'admin', 'o.k', 'me.too']
const key = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(...names.flatMap((name) => [`${name}@example.com`, `${name}@other.example`])),
  fc.stringMatching(/^00u[A-Za-z0-9]{17}$/),
  fc.stringMatching(/^[a-z]{1,8}(@example\.com)?$/),
)
const rows = fc.array(
  fc.record({
    user: key,
    actions: fc.array(fc.constantFrom(...actionNames), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 40 },
)

describe('usersForInput', () => {
  it('makes an org in which no action fails of a user whose actions can all be done', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (input) => {
        const org = orgFrom(await usersForInput(input, { now }))
        // Whoever is meant by several keys has the actions of all of them.
        const byUser = new Map<string | undefined, SeedRow[]>()
        for (const row of input) {
          const id = org.find(row.user)?.id
          byUser.set(id, [...(byUser.get(id) ?? []), row])
        }
        expect(byUser.has(undefined)).toBe(false)
        for (const theirs of byUser.values()) {
          const failures = run(org, theirs).filter((end) => end !== 'succeeded' && end !== 'unchanged')
          if (isPossible(theirs.flatMap((row) => row.actions))) expect(failures).toEqual([])
          else expect(failures.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('begins in the statuses that the job acts on, with some in others', async () => {
    const input = Array.from({ length: 40 }, (_, index): SeedRow => {
      return { user: `user${index}@example.com`, actions: ['deactivate'] }
    })
    const org = orgFrom(await usersForInput(input, { now, onlyStatus: ['STAGED', 'PROVISIONED'] }))
    const counts = new Map<string | undefined, number>()
    for (const { user } of input) {
      const status = org.find(user)?.status
      counts.set(status, (counts.get(status) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(['DEPROVISIONED', 'PROVISIONED', 'STAGED'])
    expect(counts.get('DEPROVISIONED')).toBe(5)
    expect(counts.get('PROVISIONED')).toBeGreaterThan(5)
  })

  it('gives each kind of key its user', async () => {
    const input: SeedRow[] = [
      { user: '00u1ab2cd3ef4gh5ij6k', actions: ['suspend'] },
      { user: 'Ann@Example.com', actions: ['suspend'] },
      { user: 'ann@example.com', actions: ['deactivate'] },
      { user: 'bo', actions: ['suspend'] },
    ]
    const org = orgFrom(await usersForInput(input, { now, bystanders: 0 }))
    expect(org.size).toBe(4)
    expect(org.find('00u1ab2cd3ef4gh5ij6k')?.profile.login).toMatch(/^[a-z.]+\.1@example\.com$/)
    expect(org.find('ANN@example.com')?.profile.login).toBe('Ann@Example.com')
    expect(org.find('bo')?.profile.login).toBe('bo@example.com')
  })

  it('keeps to input order where a short name and its login are the same user', async () => {
    const input: SeedRow[] = [
      { user: 'ann', actions: ['suspend'] },
      { user: 'ann@example.com', actions: ['unsuspend'] },
      { user: 'ANN', actions: ['deactivate'] },
    ]
    const org = orgFrom(await usersForInput(input, { now }))
    expect(org.find('ann')?.id).toBe(org.find('ann@example.com')?.id)
    expect(run(org, input)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it('finds a short name that logins of two domains share', async () => {
    const input: SeedRow[] = [
      { user: 'ann@example.com', actions: ['suspend'] },
      { user: 'ann@other.example', actions: ['suspend'] },
      { user: 'ann', actions: ['unsuspend'] },
    ]
    const org = orgFrom(await usersForInput(input, { now }))
    expect(run(org, input)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it.each([
    ['deactivate', 'DEPROVISIONED'],
    ['suspend', 'SUSPENDED'],
    ['activate', 'ACTIVE'],
    ['unlock', 'ACTIVE'],
    ['unsuspend', 'ACTIVE'],
  ] as const)('finds every eighth user up to date for %s, never the first', async (action, status) => {
    const input = Array.from({ length: 20 }, (_, index): SeedRow => {
      return { user: `user${index}@example.com`, actions: [action] }
    })
    const org = orgFrom(await usersForInput(input, { now }))
    expect(org.find('user7@example.com')?.status).toBe(status)
    const unchanged = run(org, input).flatMap((end, index) => (end === 'unchanged' ? [index] : []))
    expect(unchanged).toEqual([7, 15])
  })

  it('really sends all of an action that is never unchanged', async () => {
    for (const action of ['reactivate', 'reset_factors'] as const) {
      const input = Array.from(
        { length: 20 },
        (_, index): SeedRow => ({ user: `user${index}`, actions: [action] }),
      )
      const org = orgFrom(await usersForInput(input, { now }))
      expect(new Set(run(org, input))).toEqual(new Set(['succeeded']))
    }
  })

  it('enrols factors for those whose factors are to be reset, before now', async () => {
    const input: SeedRow[] = [
      { user: 'a', actions: ['reset_factors'] },
      { user: 'b', actions: ['suspend', 'reset_factors'] },
      { user: 'c', actions: ['suspend'] },
    ]
    const org = orgFrom(await usersForInput(input, { now }))
    expect(['a', 'b', 'c'].map((login) => org.find(login)?.factors.length)).toEqual([1, 2, 0])
    for (const { created } of org.find('b')?.factors ?? []) expect(Date.parse(created)).toBeLessThan(now)
  })

  it('adds bystanders and an administrator whom the input does not name', async () => {
    const input: SeedRow[] = [
      { user: 'bystander.1@example.com', actions: ['suspend'] },
      { user: 'admin', actions: ['deactivate'] },
    ]
    const state = await usersForInput(input, { now, bystanders: 5 })
    const org = orgFrom(state)
    expect(org.size).toBe(8)
    const owner = org.find(state.tokens[0]?.owner ?? '')
    expect(owner).toMatchObject({ status: 'ACTIVE', roles: ['SUPER_ADMIN'] })
    run(org, input)
    expect(org.find(owner?.id ?? '')).toEqual(owner)
    expect(org.applied.size).toBe(2)
  })

  it('has the groups that it is to have, each with a bystander', async () => {
    const ids = ['00g1ab2cd3ef4gh5ij6k', '00g2ab2cd3ef4gh5ij6k']
    const state = await usersForInput([{ user: 'a', actions: ['suspend'] }], { now, groups: ids })
    const org = orgFrom(state)
    expect(ids.map((id) => org.groups.find(id)?.id)).toEqual(ids)
    const members = state.groups?.flatMap(({ members: some }) => some) ?? []
    expect(new Set(members).size).toBe(2)
    expect(members).not.toContain(org.find('a')?.id)
  })

  it('reads rows as they stream', async () => {
    async function* stream(): AsyncGenerator<SeedRow> {
      yield { user: 'a', actions: ['suspend'] }
      yield { user: 'b', actions: ['suspend'] }
    }
    expect(orgFrom(await usersForInput(stream(), { now, bystanders: 0 })).size).toBe(3)
  })
})

describe('generateUsers', () => {
  it('deals out the statuses and makes everyone different, the same again for the same options', () => {
    const users = generateUsers({ count: 500, statuses: ['ACTIVE', 'SUSPENDED'], now })
    expect(users.filter((user) => user.status === 'ACTIVE')).toHaveLength(250)
    expect(users.filter((user) => user.status === 'SUSPENDED')).toHaveLength(250)
    expect(new Set(users.map((user) => user.id)).size).toBe(500)
    expect(new Set(users.map((user) => foldLogin(user.profile.login))).size).toBe(500)
    expect(generateUsers({ count: 500, statuses: ['ACTIVE', 'SUSPENDED'], now })).toEqual(users)
    expect(generateUsers({ count: 500, now, seed: 9 })).not.toEqual(users)
  })

  it('gives every user times in their order, all before now', () => {
    for (const user of generateUsers({ count: 400, now })) {
      const changed = user.statusChanged ?? user.created
      expect(Date.parse(user.created)).toBeLessThanOrEqual(Date.parse(changed))
      expect(Date.parse(changed)).toBeLessThan(now)
      expect(user.statusChanged === null).toBe(user.status === 'STAGED' && user.passwordChanged === null)
    }
  })
})

describe('generateOrg', () => {
  it('makes an administrator who owns the token', () => {
    const state = generateOrg({ count: 3, now })
    expect(state.users).toHaveLength(4)
    const owner = state.users.find((user) => user.id === state.tokens[0]?.owner)
    expect(owner).toMatchObject({ status: 'ACTIVE', profile: { login: 'admin@example.com' } })
  })
})
