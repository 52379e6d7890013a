import { describe, expect, it } from 'vitest'
import { atTerminal } from '../support/at-terminal.ts'
import type { CliEnd } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { runId, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

/** Three to deactivate, one twice and one already gone, and one to suspend. */
async function orgOfFive(place: Workplace): Promise<ForeignOrg> {
  const users = makeUsers({ count: 5, status: ['ACTIVE', 'STAGED', 'SUSPENDED', 'DEPROVISIONED', 'ACTIVE'] })
  const org = await place.org({
    users: users.map((user) => (user.id === userIdOf(2) ? { ...user, provider: 'ACTIVE_DIRECTORY' } : user)),
  })
  await place.write(
    'in.csv',
    usersCsv([
      [userIdOf(1), 'deactivate'],
      [loginOf(2), 'deactivate'],
      [loginOf(3), 'deactivate'],
      [loginOf(1), 'deactivate'],
      [loginOf(4), 'deactivate'],
      [loginOf(5), 'suspend'],
    ]),
  )
  return org
}

async function asked(
  place: Workplace,
  org: ForeignOrg,
  answer: string,
  args: readonly string[] = ['run', 'in.csv', '--run-id', runId],
): Promise<CliEnd> {
  return await atTerminal([answer], () => place.runHere(org, args))
}

function lifecycleCalls(org: ForeignOrg): number {
  return org.requests.filter(({ method }) => method === 'POST').length
}

describe('the question before a run', () => {
  it('shows the plan’s totals and sends when the number of users to be deactivated is typed', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOfFive(place)
      const end = await asked(place, org, ' 3 ')
      expect(end.code, end.stderr).toBe(0)
      expect(end.stderr).toMatch(/6 tasks: 4 succeeded, 1 unchanged, 1 skipped/)
      expect(end.stderr).toMatch(
        / {4}deactivate: 3 succeeded, 1 unchanged, 1 skipped\n {4}suspend: 1 succeeded/,
      )
      expect(end.stderr).toMatch(/ {4}ACTIVE: 2 succeeded/)
      expect(end.stderr).toMatch(/It would deactivate 3 users\./)
      expect(end.stderr).toMatch(/Okta would send no mail/)
      expect(end.stderr).toMatch(/1 of these users comes from a directory/)
      expect(end.stderr).toMatch(`Logins behind the keys:\n  ${userIdOf(1)} = ${loginOf(1)}\n`)
      expect(end.stderr).toMatch(/type how many users will be deactivated/)
      expect(lifecycleCalls(org)).toBe(4)
    })
  })

  it.each(['4', 'y', 'yes', '', '3 users', '-3', '03'])('sends nothing after %j', async (answer) => {
    await withWorkplace(async (place) => {
      const org = await orgOfFive(place)
      const end = await asked(place, org, answer)
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(/Nothing was sent: 3 was expected/)
      expect(lifecycleCalls(org)).toBe(0)
      expect(await place.runs()).toEqual([])
    })
  })

  it.each([
    ['y', 0, 1],
    ['YES', 0, 1],
    ['n', 2, 0],
    ['1', 2, 0],
    ['', 2, 0],
  ])('takes %j where nobody is deactivated: exit %i, %i calls', async (answer, code, calls) => {
    await withWorkplace(async (place) => {
      const org = await place.org({ users: makeUsers({ count: 1 }) })
      await place.write('in.csv', usersCsv([userIdOf(1)]))
      const end = await asked(place, org, answer, ['run', 'in.csv', '--action', 'suspend'])
      expect(end.code, end.stderr).toBe(code)
      expect(lifecycleCalls(org)).toBe(calls)
    })
  })

  it('is left by the end of input, and by a token that Okta refuses, with nothing sent', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOfFive(place)
      const end = await atTerminal(['\u0004'], () => place.runHere(org, ['run', 'in.csv']))
      expect(end.code).toBe(2)
      const wrong = await atTerminal(['3'], () =>
        place.runHere({ url: org.url, token: '00SomeOtherFictionalToken' }, ['run', 'in.csv']),
      )
      expect(wrong.code).toBe(4)
      expect(wrong.stderr).toMatch(/Only reads were sent/)
      expect(lifecycleCalls(org)).toBe(0)
      expect(await place.runs()).toEqual([])
    })
  })

  it('is asked of a saved plan too, without another read', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOfFive(place)
      expect((await place.runHere(org, ['plan', 'in.csv', '--out', 'plan.json'])).code).toBe(0)
      const before = org.requests.length
      const no = await asked(place, org, 'y', ['run', '--plan', 'plan.json'])
      expect(no.code).toBe(2)
      expect(org.requests.slice(before).map(({ path }) => path)).toEqual(['/api/v1/users/me'])
      // Nothing was done by it, so it may still be done.
      const yes = await asked(place, org, '3', ['run', '--plan', 'plan.json'])
      expect(yes.code, yes.stderr).toBe(0)
      expect(lifecycleCalls(org)).toBe(4)
    })
  })

  it('is asked of a retry for what is left, and answered by --yes without the reads', async () => {
    await withWorkplace(async (place) => {
      let refuse = true
      const org = await place.org({
        users: makeUsers({ count: 3 }),
        fault: ({ key, action }) =>
          refuse && action === 'deactivate' && key !== userIdOf(1) ? { name: 'forbidden' } : null,
      })
      await place.write('in.csv', usersCsv([1, 2, 3].map(userIdOf)))
      await place.write('job.yaml', 'name: j\nsteps: [suspend, deactivate]\n')
      const first = await place.runHere(org, [
        'run',
        'in.csv',
        '--job',
        'job.yaml',
        '--yes',
        '--run-id',
        runId,
      ])
      expect(first.code).toBe(1)
      refuse = false
      const calls = lifecycleCalls(org)
      const wrong = await asked(place, org, '3', ['retry', runId])
      expect(wrong.code).toBe(2)
      expect(wrong.stderr).toMatch(/2 tasks: 2 succeeded/)
      expect(wrong.stderr).toMatch(/Nothing was sent: 2 was expected, but "3" was typed/)
      expect(lifecycleCalls(org)).toBe(calls)
      const right = await asked(place, org, '2', ['retry', runId])
      expect(right.code, right.stderr).toBe(0)
      expect(lifecycleCalls(org)).toBe(calls + 2)
    })
  })

  it('takes its reads out of the run’s share of the window', async () => {
    await withWorkplace(async (place) => {
      const org = await place.org({
        users: makeUsers({ count: 8 }),
        rateLimit: { lifecycle: 1000, read: 20, windowSeconds: 4 },
      })
      await place.write('in.csv', usersCsv(makeUsers({ count: 8 }).map(({ id }) => id)))
      const end = await asked(place, org, 'y', ['run', 'in.csv', '--action', 'suspend'])
      expect(end.code, end.stderr).toBe(0)
      const reads = org.requests.filter(({ method, key }) => method === 'GET' && key !== null && key !== 'me')
      expect(reads).toHaveLength(16)
      // Half of the limit is 10: the eleventh is of the next window.
      const [first, eleventh] = [reads[0]?.arrivedAt ?? 0, reads[10]?.arrivedAt ?? 0]
      expect(eleventh - first).toBeGreaterThan(2_500)
    })
  })

  it('is never asked without a terminal: exit 2 names --yes, of retry and undo too', async () => {
    await withWorkplace(async (place) => {
      const org = await orgOfFive(place)
      const refusing = await place.org({
        users: makeUsers({ count: 5 }),
        fault: ({ action, key }) => (action !== null && key === userIdOf(1) ? { name: 'forbidden' } : null),
      })
      const done = ['run', 'in.csv', '--yes', '--quiet', '--run-id', runId]
      expect((await place.runHere(refusing, done)).code).toBe(1)
      const calls = lifecycleCalls(refusing)
      for (const command of ['retry', 'undo']) {
        const unasked = await place.runHere(refusing, [command, runId])
        expect(unasked.code).toBe(2)
        expect(unasked.stderr).toContain(`okta-lifecycle ${command} ${runId} --yes`)
      }
      expect(lifecycleCalls(refusing)).toBe(calls)
      const end = await place.run(org, ['run', 'in.csv'])
      expect(end.code).toBe(2)
      expect(end.stderr).toMatch(/--yes/)
      expect(org.requests).toEqual([])
    })
  })
})
