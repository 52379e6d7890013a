import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const board = '00gBoard000000000001'
const crew = '00gCrew0000000000002'

/** A fault for every request whose path matches. */
function failing(pattern: RegExp, fault: Fault): (request: LoggedRequest) => Fault | null {
  return ({ path }) => (pattern.test(path) ? fault : null)
}

/** No lifecycle call may have arrived. */
function expectNothingSent(org: ForeignOrg): void {
  expect(org.requests.filter(({ method }) => method !== 'GET')).toEqual([])
}

/** Writes an input of some users and a job with some guards. */
async function prepare(place: Workplace, users: readonly string[], job: string): Promise<void> {
  await place.write('in.csv', usersCsv(users))
  await place.write('job.yaml', `name: j\n${job}\n`)
}

const input = ['in.csv', '--job', 'job.yaml'] as const

it('touches nobody who is protected in an input of 200, whichever way the row and the list name the user', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 200 })
    const ids = (...numbers: number[]): string[] => numbers.map(userIdOf)
    const org = await place.org({
      users,
      ownerId: userIdOf(3),
      roles: { [userIdOf(17)]: ['Help Desk Administrator'], [userIdOf(18)]: ['Super Administrator'] },
      groups: [
        { id: board, name: 'Board', members: ids(30, 31, 32, 33, 34, 35, 36) },
        { id: crew, name: 'Crew', members: ids(50, 51), roles: ['Read Only Administrator'] },
      ],
    })
    const upper = (number: number): string => loginOf(number).toUpperCase()
    // Where most keys are addresses, a short name is a bad row.
    const spellings = [userIdOf, loginOf, userIdOf, upper, shortNameOf]
    const keys = users.map((_, index) => spellings[index % spellings.length]?.(index + 1) ?? '')
    await prepare(
      place,
      keys,
      `input: { short_names: true }
action: reset_factors
guards:
  protect: [${loginOf(70).toUpperCase()}, ${userIdOf(71)}, user72, 'user73@*']
  protect_groups: [${board}]
  protect_admins: true`,
    )
    const plan = await place.runHere(org, ['plan', ...input, '--json', '--quiet'])
    expectNothingSent(org)
    const end = await place.runHere(org, ['run', ...input, ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const guarded = [3, 17, 18, 30, 31, 32, 33, 34, 35, 36, 50, 51, 70, 71, 72, 73]
    const lines = await place.results()
    const skipped = lines.flatMap(({ row, result }) => (result === 'skipped' ? [Number(row)] : []))
    expect(skipped).toEqual(guarded)
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ skipped: 16, succeeded: 184 })
    expect(lines[16]?.message).toBe('protected because this user has an admin role (protect_admins)')
    expect(lines[29]?.message).toBe(`protected as a member of the group Board (${board}) (protect_groups)`)
    expect(lines[49]?.message).toMatch(/the admin role Read Only Administrator through a group/)
    const called = org.requests.flatMap(({ action, key }) => (action === null ? [] : [key]))
    expect(called.filter((key) => guarded.map(userIdOf).includes(key ?? ''))).toEqual([])
    expect(Object.keys(org.applied)).toHaveLength(184)
    // What was planned came true, and in the same words.
    const { rows, requests } = JSON.parse(plan.stdout)
    for (const [index, { expected, reason }] of rows.entries()) {
      expect([index, lines[index]?.result]).toEqual([index, expected])
      if (reason !== null) expect(lines[index]?.message).toBe(reason)
    }
    const summary = JSON.parse(await place.read(`runs/${runId}/summary.json`))
    expect(summary.skipped).toMatchObject({ protected: 15, token_owner: 1 })
    // One for each user for whom a call would be sent, and one to see whether roles can be read at all.
    expect(requests.roles).toBe(184 + 2 + 1)
    expect(summary.requests).toMatchObject(requests)
  })
})

function shortNameOf(number: number): string {
  return loginOf(number).replace(/@.*/, '')
}

describe('whoever has an admin role', () => {
  const roles = { [userIdOf(2)]: ['Super Administrator'] }

  it.each([
    ['by id', [], userIdOf(2)],
    ['by login, without a job', [], loginOf(2).toUpperCase()],
    ['without reads', ['--no-read'], userIdOf(2)],
  ])('is neither deactivated nor suspended where the job says nothing: %s', async (_, flags, key) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }), roles })
      const actions = ['deactivate', 'suspend', 'reset_factors']
      const rows = actions.map((action) => [key, action] as const)
      await place.write('in.csv', usersCsv([...rows, [userIdOf(3), 'suspend']]))
      const end = await place.runHere(org, ['run', 'in.csv', ...unattended, ...flags])
      expect(end.code, end.stderr).toBe(1)
      const results = (await place.results()).map(({ result }) => result)
      expect(results).toEqual(['skipped', 'skipped', 'succeeded', 'succeeded'])
      expectAppliedOnce(org.applied, [`${userIdOf(2)} reset_factors`, `${userIdOf(3)} suspend`])
    })
  })

  it('is not looked up where nobody is deactivated or suspended', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }), roles: { [userIdOf(1)]: ['X'] } })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['run', 'in.csv', '--action', 'reset_factors', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      expect(org.requests.filter(({ path }) => path.includes('/iam/'))).toEqual([])
    })
  })

  it('is found on later pages too', async () => {
    await withWorkplace(async (place) => {
      const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [userIdOf(index + 1), ['X']]))
      const org = await place.org({ users: makeUsers({ count: 13 }), roles: many })
      await place.write('in.csv', usersCsv([userIdOf(12), userIdOf(13)]))
      await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
      expectAppliedOnce(org.applied, [`${userIdOf(13)} suspend`])
    })
  })

  it.each([
    ['the job says so', 'guards: { protect_admins: false }', []],
    ['the flag says so', 'guards: { protect_admins: true }', ['--no-protect-admins']],
  ])('is acted on as others where %s', async (_, guards, flags) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }), roles })
      await prepare(place, [userIdOf(2)], `action: deactivate\n${guards}`)
      const end = await place.runHere(org, ['run', ...input, ...unattended, ...flags])
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(org.applied, [`${userIdOf(2)} deactivate`])
      expect(org.requests.filter(({ path }) => /roles|iam/.test(path))).toEqual([])
    })
  })

  it('is found through a group before the first call of any action, also without reads', async () => {
    await withWorkplace(async (place) => {
      const groups = [{ id: crew, name: 'Crew', members: [userIdOf(1)], roles: ['Report Administrator'] }]
      const org = await place.org({ users: makeUsers({ count: 2 }), groups })
      await prepare(
        place,
        [userIdOf(1), userIdOf(2)],
        'steps: [suspend, unsuspend]\nguards: { protect_admins: true }',
      )
      const plan = await place.runHere(org, ['plan', ...input, '--no-read', '--json', '--quiet'])
      expect(JSON.parse(plan.stdout).rows.map((row: { expected: string }) => row.expected)).toEqual([
        'skipped',
        'skipped',
        'unknown',
        'unknown',
      ])
      const end = await place.runHere(org, ['run', ...input, '--no-read', ...unattended])
      expect(end.code, end.stderr).toBe(1)
      expectAppliedOnce(org.applied, [`${userIdOf(2)} suspend`, `${userIdOf(2)} unsuspend`])
      const looked = org.requests.filter(({ path }) => path.endsWith(`${userIdOf(2)}/roles`))
      // Once for the plan and once for the run, though there are two steps.
      expect(looked).toHaveLength(2)
    })
  })

  it('may be a user whom the token may not see: that one fails, and the others are done', async () => {
    await withWorkplace(async (place) => {
      const fault = failing(new RegExp(`${userIdOf(1)}/roles`), { name: 'forbidden' })
      const org = await place.org({ users: makeUsers({ count: 3 }), fault })
      await prepare(place, [1, 2, 3].map(userIdOf), 'action: suspend\nguards: { protect_admins: true }')
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      expect(lines.map(({ result }) => result)).toEqual(['failed', 'succeeded', 'succeeded'])
      expect(lines[0]?.message).toMatch(/the admin roles of user .* could not be read: .*E0000006/)
      expect(await place.read(`runs/${runId}/failed.csv`)).toContain(userIdOf(1))
    })
  })
})

describe('members of protected groups', () => {
  it('count also if Okta lists them only seconds after they joined', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 3 }),
        groups: [{ id: board, name: 'Board', members: [userIdOf(1), userIdOf(2)] }],
      })
      // The second is a member, and listed only in 2.9 s.
      const listedFrom = org.org.listedFrom as Map<string, number>
      listedFrom.set(`${board} ${userIdOf(2)}`, Date.now() + 2_900)
      await prepare(place, [1, 2, 3].map(userIdOf), `action: unlock\nguards: { protect_groups: [${board}] }`)
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code, end.stderr).toBe(1)
      const called = org.requests.flatMap(({ action, key }) => (action === null ? [] : [key]))
      expect(called).toEqual([userIdOf(3)])
    })
  })

  it('count also if they leave between the two lists', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 2 }),
        groups: [{ id: board, name: 'Board', members: [userIdOf(1)] }],
      })
      const lists = () => org.requests.filter(({ path }) => path.includes(`${board}/users`))
      const left = org
        .waitUntil(() => lists()[0]?.status === 200)
        .then(() => org.org.groups[0]?.members.splice(0))
      await prepare(place, [1, 2].map(userIdOf), `action: suspend\nguards: { protect_groups: [${board}] }`)
      await place.runHere(org, ['run', ...input, ...unattended])
      expect(await left).toEqual([userIdOf(1)])
      expect(lists()).toHaveLength(2)
      expectAppliedOnce(org.applied, [`${userIdOf(2)} suspend`])
    })
  })

  it('are acted on as others with --no-protect-groups', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await prepare(place, [userIdOf(1)], `action: suspend\nguards: { protect_groups: [${board}] }`)
      const end = await place.runHere(org, ['run', ...input, '--no-protect-groups', ...unattended])
      expect(end.code, end.stderr).toBe(0)
      expect(org.requests.filter(({ path }) => path.includes('/groups'))).toEqual([])
    })
  })
})

describe('max_percent', () => {
  const job = 'action: suspend\nguards: { max_percent: 10 }'

  it('stops before the first call, and goes on when given what the message says', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 30, status: ['ACTIVE', 'ACTIVE', 'STAGED'] })
      const org = await place.org({ users })
      // Four keys of three users: as max_users counts them.
      await prepare(place, [userIdOf(1), loginOf(1), userIdOf(2), userIdOf(4)], job)
      const plan = await place.runHere(org, ['plan', ...input])
      expect(plan.code).toBe(3)
      expect(plan.stderr).toMatch(/4 users, which is 20% of the org's 20 active users.*only 10%/)
      expect(plan.stderr).toMatch(/plan again --max-percent 20/)
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code).toBe(3)
      expect(end.stdout).toMatch(/resume run --max-percent 20/)
      expectNothingSent(org)
      const resumed = await place.runHere(org, ['resume', runId, '--max-percent', '20', '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
      expect(Object.keys(org.applied)).toHaveLength(3)
    })
  })

  it('stops counting once enough active users were seen', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1000 }) })
      await prepare(
        place,
        Array.from({ length: 30 }, (_, index) => userIdOf(index + 1)),
        job,
      )
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code, end.stderr).toBe(0)
      expect(org.requests.filter(({ path }) => path.includes('filter='))).toHaveLength(2)
    })
  })

  it('takes an empty list for no proof that all is well', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1, status: 'STAGED' }) })
      await prepare(place, [userIdOf(1)], 'action: deactivate\nguards: { max_percent: 99 }')
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code).toBe(3)
      expect(end.stderr + end.stdout).toMatch(/Okta shows no active user.*[\s\S]*--max-percent 100/)
      expectNothingSent(org)
      const resumed = await place.runHere(org, ['resume', runId, '--max-percent', '100', '--quiet'])
      expect(resumed.code, resumed.stderr).toBe(0)
    })
  })
})

/** Guards that can't be checked: what the org answers, what the message must name, and the flag that goes on. */
const unchecked: readonly [
  what: string,
  job: string,
  path: RegExp,
  fault: Fault,
  says: RegExp,
  flags: string[],
][] = [
  [
    'roles, for want of the permission',
    'action: suspend',
    /\/iam\//,
    { name: 'forbidden' },
    /protect_admins.*"View roles, resources, and admin assignments".*okta\.roles\.read/s,
    ['--no-protect-admins'],
  ],
  [
    'roles, in an org without that endpoint',
    'action: deactivate',
    /\/iam\//,
    { name: 'unknownPath' },
    /protect_admins.*okta\.roles\.read/s,
    ['--no-protect-admins'],
  ],
  [
    'roles of single users',
    'action: unlock\nguards: { protect_admins: true }',
    /\/roles$/,
    { name: 'forbidden' },
    /protect_admins.*"View roles, resources, and admin assignments".*okta\.roles\.read/s,
    ['--no-protect-admins'],
  ],
  [
    'members of a group',
    `action: suspend\nguards: { protect_groups: [${board}] }`,
    new RegExp(`${board}/users`),
    { name: 'forbidden' },
    new RegExp(`${board}.*"View groups and their details".*okta\\.groups\\.read`, 's'),
    ['--no-protect-groups'],
  ],
  [
    'the active users',
    'action: suspend\nguards: { max_percent: 50 }',
    /filter=/,
    { name: 'forbidden' },
    /max_percent.*"View users and their details".*okta\.users\.read/s,
    ['--max-percent', '100'],
  ],
]

describe('a guard that can’t be checked stops the run before anything is sent, and resume goes on with its flag', () => {
  it.each(unchecked)('%s', async (_, job, path, fault, says, flags) => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 1 }),
        groups: [{ id: board, name: 'Board', members: [] }],
        fault: failing(path, fault),
      })
      await prepare(place, [userIdOf(1)], job)
      const plan = await place.runHere(org, ['plan', ...input])
      expect(plan.code, plan.stderr).toBe(3)
      expect(plan.stderr).toMatch(says)
      expect(plan.stderr).toContain(`plan again ${flags.join(' ')}`)
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code, end.stderr).toBe(3)
      expect(end.stdout).toMatch(says)
      expect(end.stdout).toContain(`okta-lifecycle resume ${runId} ${flags.join(' ')}`)
      expect((await place.results()).map(({ result }) => result)).toEqual(['not_run'])
      expect((await place.runHere(org, ['resume', runId, '--quiet'])).code).toBe(3)
      expectNothingSent(org)
      const resumed = await place.runHere(org, ['resume', runId, ...flags, '--quiet'])
      expect([0, 1], resumed.stderr).toContain(resumed.code)
      expect(org.requests.filter(({ action }) => action !== null)).toHaveLength(1)
    })
  })

  it('a group that is not there', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await prepare(place, [userIdOf(1)], `action: suspend\nguards: { protect_groups: [${board}] }`)
      const end = await place.runHere(org, ['run', ...input, ...unattended])
      expect(end.code).toBe(3)
      expect(end.stdout).toMatch(/00gBoard000000000001.*E0000007.*Correct the id/s)
      expectNothingSent(org)
    })
  })
})

it('a job with all of these guards runs in a sandbox as it stands', async () => {
  await withWorkplace(async (place) => {
    await prepare(
      place,
      ['ada@example.com', 'bob@example.com'],
      `action: deactivate
guards: { protect_admins: true, protect_groups: [${board}, ${crew}], max_percent: 50 }`,
    )
    const end = await place.runHere(null, ['run', ...input, '--sandbox', ...unattended])
    expect(end.code, end.stderr + end.stdout).toBe(0)
  })
})
