import { describe, expect, it } from 'vitest'
import { checkGuards, type GuardedWork } from '../../src/lookup/check-guards.ts'
import { RoleChecks } from '../../src/lookup/role-checks.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { RunStopped, type StopReason } from '../../src/messages/stop.ts'
import type { Answer, Answered } from '../../src/okta/answer.ts'
import type { OktaRequest } from '../../src/okta/request.ts'
import { answerOf, noAnswer, refusalOf, strangersAnswer } from '../okta/answers.ts'
import { type LookupOf, lookupOf } from './lookup-of.ts'

const group = '00g1ab2cd3ef4gh5ij6k'
const [ada, bob, cy] = ['00uAda00000000000001', '00uBob00000000000002', '00uCy000000000000003']

function workOf(
  guards: Partial<GuardedWork['guards']>,
  more: Partial<Omit<GuardedWork, 'guards'>> = {},
): GuardedWork {
  const none = { max_users: null, max_percent: null, protect: [], protect_groups: [], protect_admins: false }
  return {
    users: 1,
    unusual: null,
    actions: ['suspend'],
    owner: null,
    ...more,
    guards: { ...none, ...guards },
  }
}

function list(ids: readonly string[], next?: string): Answered {
  const answer = answerOf(200, JSON.stringify(ids.map((id) => ({ id, status: 'ACTIVE' }))))
  return next === undefined ? answer : { ...answer, nextPage: next }
}

function assignees(ids: readonly string[], next?: string): Answered {
  const _links = next === undefined ? {} : { next: { href: next } }
  return answerOf(200, JSON.stringify({ value: ids.map((id) => ({ id })), _links }))
}

async function reasonOf({ time }: LookupOf, work: Promise<unknown>): Promise<StopReason> {
  await expect(work).rejects.toBeInstanceOf(RunStopped)
  if (time.reason === null) throw new Error('The switch is not turned.')
  return time.reason
}

/** Gives the answers in turn, the last one again and again. */
function inTurn(...answers: readonly Answer[]): () => Answer {
  let next = 0
  return () => answers[Math.min(next++, answers.length - 1)] ?? noAnswer(false)
}

describe('who has an admin role', () => {
  it('is read page by page, and protected from what locks out unless the job says more', async () => {
    const next = 'https://example.okta.com/api/v1/iam/assignees/users?after=x'
    const lookup = lookupOf(({ path }) =>
      path.endsWith('after=x') ? assignees([bob]) : assignees([ada], next),
    )
    const { protect, roles } = await checkGuards(lookup.parts, workOf({ protect_admins: null }))
    expect(protect.admins).toEqual({ from: 'lockouts', ids: new Set([ada, bob]) })
    expect(roles).toBeNull()
    expect(lookup.asked).toEqual([
      '/api/v1/iam/assignees/users?limit=100',
      '/api/v1/iam/assignees/users?after=x',
    ])
  })

  it.each([
    ['off', workOf({ protect_admins: false })],
    ['nobody is locked out', workOf({ protect_admins: null }, { actions: ['activate', 'unlock'] })],
  ])('is not asked for where the guard has nothing to do: %s', async (_, work) => {
    const lookup = lookupOf(() => assignees([]))
    expect((await checkGuards(lookup.parts, work)).protect.admins).toBeUndefined()
    expect(lookup.asked).toEqual([])
  })

  it('is asked for where the actions are not known', async () => {
    const lookup = lookupOf(() => assignees([ada]))
    const { protect } = await checkGuards(lookup.parts, workOf({ protect_admins: null }, { actions: null }))
    expect(protect.admins?.ids).toEqual(new Set([ada]))
  })

  it('is asked again after passing failures, and after answers that may not be Okta’s', async () => {
    const answers = inTurn(refusalOf(500, 'E0000009'), strangersAnswer(200, '{"value":[]}'), assignees([ada]))
    const lookup = lookupOf(answers)
    const { protect } = await checkGuards(lookup.parts, workOf({ protect_admins: null }))
    expect(protect.admins?.ids).toEqual(new Set([ada]))
  })

  it.each([
    ['a refusal', refusalOf(403, 'E0000006'), /E0000006/],
    ['no such endpoint', refusalOf(404, 'E0000008'), /E0000008/],
    ['one error after the other', refusalOf(500, 'E0000009'), /E0000009/],
    ['an answer that is no list', answerOf(200, '{"value":["a"]}'), /not a list/],
    ['somebody without an id', answerOf(200, '{"value":[{"login":"a"}]}'), /has no id/],
    [
      'a next page elsewhere',
      assignees([ada], 'https://evil.example.com/api/v1/iam/assignees/users'),
      /token is never sent/,
    ],
    ['a next page outside the API', assignees([ada], '/oauth2/v1/token'), /token is never sent/],
    ['the same page again', assignees([ada], '/api/v1/iam/assignees/users?limit=100'), /read already/],
  ])('can’t be found out: %s', async (_, answer, says) => {
    const lookup = lookupOf(() => answer)
    const reason = await reasonOf(lookup, checkGuards(lookup.parts, workOf({ protect_admins: null })))
    expect(reason.exitCode).toBe(exitCodes.stoppedByGuard)
    expect(reason.message).toMatch(says)
    expect(reason.message).toMatch(/Nothing is sent/)
    expect(reason.advice).toMatchObject({
      kind: 'choice',
      fix: expect.stringMatching(/View roles, resources, and admin assignments.*okta\.roles\.read/),
      flags: '--no-protect-admins',
    })
    expect(lookup.asked.every((path) => path.startsWith('/api/v1/iam/'))).toBe(true)
  })
})

describe('members of groups', () => {
  it('are those of both lists, with the group’s name', async () => {
    const members = inTurn(list([ada]), list([bob]))
    const lookup = lookupOf(({ path }) =>
      path.endsWith(group)
        ? answerOf(200, JSON.stringify({ id: group, profile: { name: 'Board' } }))
        : members(),
    )
    const { protect } = await checkGuards(lookup.parts, workOf({ protect_groups: [group] }))
    const name = `Board (${group})`
    expect(protect.members).toEqual(new Map([ada, bob].map((id) => [id, name])))
    expect(lookup.time.waits.some((wait) => wait > 2_500 && wait <= 3_000)).toBe(true)
  })

  it('are known by the group’s id where its name is not shown', async () => {
    const lookup = lookupOf(({ path }) => (path.endsWith(group) ? refusalOf(403, 'E0000006') : list([ada])))
    const { protect } = await checkGuards(lookup.parts, workOf({ protect_groups: [group] }))
    expect(protect.members).toEqual(new Map([[ada, group]]))
  })

  it('can’t be found out if the second list can’t be read', async () => {
    const members = inTurn(list([ada]), refusalOf(403, 'E0000006'))
    const lookup = lookupOf(({ path }) => (path.endsWith(group) ? refusalOf(404, 'E0000007') : members()))
    const reason = await reasonOf(lookup, checkGuards(lookup.parts, workOf({ protect_groups: [group] })))
    expect(reason).toMatchObject({
      exitCode: exitCodes.stoppedByGuard,
      advice: { flags: '--no-protect-groups' },
    })
    expect(reason.message).toContain(group)
  })
})

describe('the active users', () => {
  it('are counted until the answer is known', async () => {
    const page = list(Array.from({ length: 200 }, (_, index) => `u${index}`))
    let pages = 0
    const lookup = lookupOf(() => ({ ...page, nextPage: `/api/v1/users?after=${++pages}` }))
    await checkGuards(lookup.parts, workOf({ max_percent: 5 }, { users: 25 }))
    expect(lookup.asked).toHaveLength(3)
    expect(lookup.asked[0]).toBe('/api/v1/users?filter=status%20eq%20%22ACTIVE%22&limit=200')
  })

  it('are only those whom Okta shows as such', async () => {
    const body = ['ACTIVE', 'STAGED', 'ACTIVE'].map((status, index) => ({ id: `u${index}`, status }))
    const lookup = lookupOf(() => answerOf(200, JSON.stringify(body)))
    const reason = await reasonOf(lookup, checkGuards(lookup.parts, workOf({ max_percent: 40 })))
    expect(reason.message).toMatch(/1 users, which is 50% of the org's 2 active users/)
    expect(reason.advice).toEqual({ kind: 'flags', flags: '--max-percent 50' })
  })
})

describe('the roles of single users', () => {
  const roles = (assignmentType: string) =>
    answerOf(200, JSON.stringify([{ label: 'Org Admin', assignmentType }]))

  function rolesBy(answers: Readonly<Record<string, Answer>>): (request: OktaRequest) => Answer {
    return ({ path }) => answers[path.split('/')[4] ?? ''] ?? refusalOf(404, 'E0000007')
  }

  it('are looked up once, and say through what they are held', async () => {
    const lookup = lookupOf(
      rolesBy({ [ada]: answerOf(200, '[]'), [bob]: roles('GROUP'), [cy]: roles('USER') }),
    )
    const checks = await RoleChecks.begin(lookup.parts, null)
    expect(await Promise.all([checks.of(ada), checks.of(ada)])).toEqual([{ kind: 'none' }, { kind: 'none' }])
    expect(await checks.of(ada)).toEqual({ kind: 'none' })
    expect(lookup.asked).toEqual([`/api/v1/users/${ada}/roles`])
    expect(await checks.of(bob)).toMatchObject({
      verdict: { reason: 'protected', message: expect.stringContaining('Org Admin through a group') },
    })
    expect(await checks.of(cy)).toMatchObject({ verdict: { message: expect.not.stringContaining('group') } })
  })

  it('are counted by users, not by tasks, and those that are known already are not to come', async () => {
    const known = ['a', 'b', 'c'].map((name) => `00u${name.repeat(17)}`)
    const lookup = lookupOf(() => answerOf(200, '[]'))
    const checks = await RoleChecks.begin(lookup.parts, null)
    // 10 users with two tasks each.
    expect(checks.left(10, 20)).toBe(10)
    for (const user of [...known, ...known]) await checks.of(user)
    expect(checks.left(10, 20)).toBe(7)
    // Only one of the last tasks needs one, although many users were passed over without one.
    expect(checks.left(10, 4)).toBe(1)
    checks.ended(known[0] ?? null)
    expect(checks.left(10, 4)).toBe(2)
    expect(checks.left(2, 4)).toBe(0)
  })

  it('fail for one user if those of another can still be read', async () => {
    const lookup = lookupOf(rolesBy({ [ada]: answerOf(200, '[]'), [bob]: refusalOf(403, 'E0000006') }))
    const checks = await RoleChecks.begin(lookup.parts, ada)
    expect(await checks.of(bob)).toMatchObject({ kind: 'failed', cause: 'no_permission' })
    expect(await checks.of(cy)).toMatchObject({ kind: 'failed', cause: 'not_found' })
    expect(lookup.time.reason).toBeNull()
  })

  it('stop the run if those of nobody can be read any more', async () => {
    let refuses = false
    const lookup = lookupOf(() => (refuses ? refusalOf(403, 'E0000006') : answerOf(200, '[]')))
    const checks = await RoleChecks.begin(lookup.parts, ada)
    refuses = true
    const reason = await reasonOf(lookup, checks.of(bob))
    expect(reason).toMatchObject({
      exitCode: exitCodes.stoppedByGuard,
      advice: { flags: '--no-protect-admins' },
    })
  })

  it('stop the run before its first call if they can’t be read', async () => {
    const lookup = lookupOf(({ path }) =>
      path.includes('/iam/') ? assignees([ada]) : refusalOf(404, 'E0000008'),
    )
    const reason = await reasonOf(lookup, checkGuards(lookup.parts, workOf({ protect_admins: true })))
    expect(reason.message).toMatch(/E0000008/)
  })

  it('are not taken for none if the list is empty and continues elsewhere', async () => {
    const lookup = lookupOf(() => list([], `/api/v1/users/${ada}/roles?after=1`))
    const checks = await RoleChecks.begin(lookup.parts, null)
    expect(await checks.of(ada)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/empty and continues elsewhere/),
    })
  })

  it('are not taken for none if the answer is not a list', async () => {
    const lookup = lookupOf(() => answerOf(200, '{"id":"x"}'))
    const checks = await RoleChecks.begin(lookup.parts, null)
    expect(await checks.of(ada)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/not a list of roles/),
    })
  })
})
