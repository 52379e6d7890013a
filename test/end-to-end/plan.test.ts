import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PlanEnd, PlannedTask } from '../../src/plan/plan-schema.ts'
import { checkJsonSchema } from '../support/check-json-schema.ts'
import type { CliEnd } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import {
  type ForeignUser,
  foreignStatuses,
  loginOf,
  makeUsers,
  userIdOf,
} from '../support/foreign-org/user.ts'
import { unattended, usersCsv, withWorkplace } from './workplace.ts'

type Plan = PlanEnd & { readonly rows: readonly PlannedTask[] }

const schema = JSON.parse(
  await readFile(resolve(import.meta.dirname, '../../schema/plan.schema.json'), 'utf8'),
)

/** The answer of `plan --json`, which must be as its schema says. */
function planOf({ stdout, stderr }: CliEnd): Plan {
  const plan = JSON.parse(stdout)
  expect(checkJsonSchema(schema, plan), stderr).toEqual([])
  return plan
}

/** Nothing but reads may have arrived. */
function expectOnlyReads(org: ForeignOrg): void {
  expect(org.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  expect(org.applied).toEqual({})
}

const actions = [
  'activate',
  'deactivate',
  'reactivate',
  'reset_factors',
  'suspend',
  'unlock',
  'unsuspend',
] as const

describe('what is planned comes true', () => {
  it('for every action in every status, 480 users, by the result and in the same words', async () => {
    await withWorkplace(async (place) => {
      const pairs = actions.flatMap((action) => foreignStatuses.map((status) => ({ action, status })))
      const cases = Array.from({ length: 480 }, (_, index) => pairs[index % pairs.length] ?? pairs[0]).filter(
        (pair) => pair !== undefined,
      )
      const users = makeUsers({ count: cases.length, status: cases.map(({ status }) => status) })
      const org = await place.org({ users })
      const keys = [userIdOf, loginOf, (number: number) => loginOf(number).toUpperCase()]
      const rows = cases.map(({ action }, index) => {
        return [keys[index % 3]?.(index + 1) ?? '', action] as const
      })
      await place.write('in.csv', usersCsv(rows))
      const plan = planOf(await place.runHere(org, ['plan', 'in.csv', '--json', '--quiet']))
      expectOnlyReads(org)
      expect(plan.totals).toMatchObject({ rows: 480, tasks: 480, expected: { unknown: 8 } })
      await place.runHere(org, ['run', 'in.csv', ...unattended])
      const lines = await place.results()
      for (const [index, { expected, reason, status }] of plan.rows.entries()) {
        const line = lines[index]
        expect(status).toBe(cases[index]?.status)
        if (expected === 'unknown') continue
        expect({ row: index + 1, result: line?.result }).toEqual({ row: index + 1, result: expected })
        if (expected !== 'succeeded') expect(line?.message).toBe(reason)
      }
    })
  })

  it('for a mixed file with steps, repetitions, guards, logins and bad rows', async () => {
    await withWorkplace(async (place) => {
      const users = mixedUsers()
      const org = await place.org({ users, ownerId: userIdOf(9) })
      const input = [
        'user,note',
        `${userIdOf(1)},a`,
        `${loginOf(1)},the same again`,
        `${loginOf(2).toUpperCase()},b`,
        `${userIdOf(3)},staged`,
        `nobody@example.com,c`,
        'me,d',
        `${userIdOf(9)},the owner`,
        `user8,protected`,
        `${userIdOf(4)},suspended`,
        `${userIdOf(5)},in transition`,
        'short',
        '',
      ].join('\n')
      await place.write('in.csv', input)
      await place.write(
        'job.yaml',
        `name: j\nsteps: [suspend, deactivate, activate]\nguards: { protect: ['user8@*'] }\n`,
      )
      const args = ['in.csv', '--job', 'job.yaml', '--skip-invalid']
      const plan = planOf(await place.runHere(org, ['plan', ...args, '--json']))
      expectOnlyReads(org)
      const changing = org.org.users.get(userIdOf(5))
      if (changing !== undefined) changing.transition = { to: 'SUSPENDED', doneAt: 0 }
      const end = await place.runHere(org, ['run', ...args, ...unattended])
      expect(end.code, end.stderr).toBe(1)
      const lines = await place.results()
      expect(lines.map(({ row, step }) => `${row} ${step}`)).toEqual(
        plan.rows.map(({ row, step }) => `${row} ${step}`),
      )
      const unknown: number[] = []
      for (const [index, task] of plan.rows.entries()) {
        const line = lines[index]
        expect([line?.user, line?.action]).toEqual([task.user, task.action])
        if (task.expected === 'unknown') unknown.push(task.row)
        else expect([index, line?.result]).toEqual([index, task.expected])
        if (task.expected !== 'succeeded' && task.expected !== 'unknown') {
          expect(line?.message).toBe(task.reason)
        }
      }
      expect(unknown).toEqual([10, 10, 10])
      expect(plan.totals.expected.skipped).toBeGreaterThan(5)
    })
  })

  it('also in the number of requests, where nothing is unknown', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 6, status: ['ACTIVE', 'STAGED', 'SUSPENDED'] })
      const org = await place.org({ users })
      await place.write('in.csv', usersCsv([1, 2, 3, 4, 5, 6].map(userIdOf)))
      await place.write('job.yaml', 'name: j\nsteps: [deactivate, activate]\n')
      const args = ['in.csv', '--job', 'job.yaml', '--json']
      const plan = planOf(await place.runHere(org, ['plan', ...args]))
      const ended = await place.runHere(org, ['run', ...args, ...unattended])
      const summary = JSON.parse(ended.stdout)
      expect(plan.totals).toMatchObject({ expected: { succeeded: 12, unknown: 0 }, mails: 6 })
      expect(summary.requests).toMatchObject(plan.requests)
    })
  })
})

function mixedUsers(): ForeignUser[] {
  const users = makeUsers({
    count: 9,
    status: ['ACTIVE', 'LOCKED_OUT', 'STAGED', 'SUSPENDED', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'],
  })
  return users.map((user) =>
    user.id === userIdOf(5)
      ? { ...user, transition: { to: 'SUSPENDED' as const, doneAt: Number.POSITIVE_INFINITY } }
      : user,
  )
}

describe('a plan', () => {
  it('reads each user once, keeps the order of the input, and leaves nothing behind', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 300 }), latencyMs: 5 })
      const numbers = Array.from({ length: 900 }, (_, index) => (index % 300) + 1)
      await place.write('in.csv', usersCsv(numbers.map((number) => [userIdOf(number), 'reset_factors'])))
      const temporary = join(place.directory, 'temporary')
      await mkdir(temporary)
      const env = { TMPDIR: temporary }
      const plan = planOf(await place.runHere(org, ['plan', 'in.csv', '--json', '--quiet'], { env }))
      expect(plan.rows.map(({ row }) => row)).toEqual(numbers.map((_, index) => index + 1))
      expect(plan.totals.expected).toMatchObject({ succeeded: 300, skipped: 600 })
      expect(org.requests.map(({ path }) => path).sort()).toEqual(
        [
          '/api/v1/users/me',
          '/api/v1/users?limit=1',
          ...makeUsers({ count: 300 }).map(({ id }) => `/api/v1/users/${id}`),
        ].sort(),
      )
      expect(await place.runs()).toEqual([])
      expect(await readdir(temporary)).toEqual([])
    })
  })

  it('says it in lines for people, ending with totals, mails and time', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 2, status: ['ACTIVE', 'STAGED'] }),
        rateLimit: { lifecycle: 300, read: 300, windowSeconds: 60 },
      })
      await place.write(
        'in.csv',
        usersCsv([
          [userIdOf(1), 'suspend'],
          [userIdOf(2), 'activate'],
          ['nobody@example.com', 'unlock'],
        ]),
      )
      const end = await place.runHere(org, ['plan', 'in.csv'])
      expect(end.code, end.stderr).toBe(0)
      const lines = end.stdout.split('\n')
      expect(lines.slice(0, 5)).toEqual([
        'row  step  action         status            expected   user',
        `  1     1  suspend        ACTIVE            succeeded  ${userIdOf(1)} = user1@example.com`,
        `  2     1  activate       STAGED            succeeded  ${userIdOf(2)} = user2@example.com`,
        '  3     1  unlock         -                 failed     nobody@example.com: user nobody@example.com was not found in this org',
        '',
      ])
      expect(end.stdout).toMatch(/3 rows = 3 with tasks .*; 3 tasks: 2 succeeded, 1 failed/)
      expect(end.stdout).toMatch(/2 lifecycle calls and 6 reads/)
      expect(end.stdout).toMatch(/1 mail\b/)
      expect(end.stdout).toMatch(/about [\d.]+ s at 147\/min/)
      expect(end.stdout).toMatch(
        /Okta allows 300 lifecycle calls in 60 s; the run would use up to 150 of them\. Finding this out used one call/,
      )
      expect(end.stderr).toMatch(/3\/3 rows planned \(100%\)/)
      expectOnlyReads(org)
    })
  })

  it('knows no time where no limit is shown, and says nothing with --quiet', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }), rateLimit: null, ownerId: userIdOf(1) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const end = await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--json', '--quiet'])
      expect(planOf(end)).toMatchObject({ seconds: null, totals: { expected: { skipped: 1 } } })
      expect(end).toMatchObject({ code: 0, stderr: '' })
    })
  })

  it('reads nobody but the owner, and who is an administrator, with --no-read', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 2 }), ownerId: userIdOf(2) })
      await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(1), userIdOf(2)]))
      const end = await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--no-read', '--json'])
      const plan = planOf(end)
      expect(plan.rows.map(({ expected }) => expected)).toEqual(['unknown', 'skipped', 'skipped'])
      expect(plan.requests).toEqual({ reads: 2, lifecycle: 1 })
      const asked = org.requests.map(({ path }) => path)
      expect(asked).toEqual([
        '/api/v1/users/me',
        '/api/v1/iam/assignees/users?limit=100',
        '/api/v1/users?limit=1',
      ])
    })
  })

  it('plans in a sandbox without any connection set', async () => {
    await withWorkplace(async (place) => {
      await place.write('in.csv', usersCsv(['ada@example.com']))
      const end = await place.runHere(null, ['plan', 'in.csv', '--action', 'suspend', '--sandbox', '--json'])
      expect(planOf(end)).toMatchObject({ rows: [{ expected: 'succeeded', status: 'ACTIVE' }] })
    })
  })

  it('says failed where Okta refuses to show a user, as a run would', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 2 }),
        fault: ({ key }) => (key === userIdOf(1) ? { name: 'forbidden' } : null),
      })
      await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2)]))
      const plan = planOf(await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--json']))
      expect(plan.rows[0]).toMatchObject({ status: null, expected: 'failed' })
      expect(plan.rows[0]?.reason).toMatch(/could not be read.*E0000006/)
      expect(plan.rows[1]).toMatchObject({ expected: 'succeeded', reason: null })
    })
  })
})

describe('exit codes', () => {
  it('is 2 for bad rows, with all of them named, and nothing is asked', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1), 'a/b']))
      const end = await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--json'])
      expect(end.code).toBe(2)
      expect(JSON.parse(end.stdout)).toMatchObject({
        error: { exit_code: 2, message: expect.stringMatching(/row 2/) },
      })
      expect(org.requests).toEqual([])
    })
  })

  it('is 3 for more users than max_users allows, in the words of run', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 3 }) })
      await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
      const args = ['in.csv', '--action', 'suspend', '--max-users', '2']
      const end = await place.runHere(org, ['plan', ...args])
      expect(end).toMatchObject({ code: 3, stdout: '' })
      expect(org.requests).toEqual([])
      const [words = 'nothing'] = end.stderr.split('\n')
      const run = await place.runHere(org, ['run', ...args, ...unattended])
      expect(run.code).toBe(3)
      expect(run.stdout).toContain(words)
    })
  })

  it('is 4 for credentials that Okta refuses at the start', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const wrong = { url: org.url, token: '00SomeOtherFictionalToken' }
      const end = await place.runHere(wrong, ['plan', 'in.csv', '--action', 'suspend', '--json'])
      expect(end.code).toBe(4)
      expect(JSON.parse(end.stdout).error.exit_code).toBe(4)
    })
  })

  it('is 4 for a token that ends in between; what was begun as JSON ends as JSON', async () => {
    await withWorkplace(async (place) => {
      let reads = 0
      const org = await place.org({
        users: makeUsers({ count: 200 }),
        fault: ({ key }) => (key !== 'me' && ++reads > 150 ? { name: 'invalidToken' } : null),
      })
      await place.write('in.csv', usersCsv(makeUsers({ count: 200 }).map(({ id }) => id)))
      const end = await place.runHere(org, ['plan', 'in.csv', '--action', 'suspend', '--json', '--quiet'])
      expect(end.code, end.stderr).toBe(4)
      const plan = planOf(end)
      expect(plan.rows.length).toBe(plan.totals.tasks)
      expect(plan.rows.length).toBeLessThan(200)
      expect(plan.error).toMatchObject({ exit_code: 4, message: expect.stringMatching(/credentials/) })
      expect(end.stderr).toMatch(/credentials/)
    })
  })

  it.concurrent('is 130 after an interruption', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 50 }),
        fault: ({ key }) => (key === 'me' ? null : { name: 'hangBefore' }),
      })
      await place.write('in.csv', usersCsv(makeUsers({ count: 50 }).map(({ id }) => id)))
      const cli = place.start(org, ['plan', 'in.csv', '--action', 'suspend'])
      await org.waitUntil(() => org.requests.length > 1)
      cli.kill('SIGINT')
      const end = await cli.ended
      expect(end.code, end.stderr).toBe(130)
      expect(end.stderr).toMatch(/stopped early: SIGINT/)
    })
  })
})
