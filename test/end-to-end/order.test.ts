import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, unattended, usersCsv, withWorkplace } from './workplace.ts'

function shortNameOf(number: number): string {
  return loginOf(number).replace(/@.*/, '')
}

it('acts once on a user whom one file names by id, login and short name', async () => {
  await withWorkplace(async (place) => {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1)
    const org = await place.org({ users: makeUsers({ count: 40 }), latencyMs: 10 })
    const rows = numbers.flatMap((number) => [
      loginOf(number).toUpperCase(),
      userIdOf(number),
      shortNameOf(number),
    ])
    await place.write('in.csv', usersCsv(rows))
    const end = await place.runHere(org, [
      'run',
      'in.csv',
      '--action',
      'suspend',
      '--short-names',
      ...unattended,
    ])
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      numbers.map((number) => `${userIdOf(number)} suspend`),
    )
    const lines = await place.results()
    for (const [index, line] of lines.entries()) {
      // The first row acts, whichever was read first.
      expect(line.result, line.message).toBe(index % 3 === 0 ? 'succeeded' : 'skipped')
      expect(line.okta_user_id).toBe(userIdOf(Math.floor(index / 3) + 1))
      if (index % 3 > 0) expect(line.message).toMatch(/preceding/)
    }
  })
})

it('tells ids apart that differ in letter case alone', async () => {
  await withWorkplace(async (place) => {
    // The ids of these two end in A and in a.
    expect(userIdOf(10).toLowerCase()).toBe(userIdOf(36).toLowerCase())
    const org = await place.org({ users: makeUsers({ count: 40 }) })
    await place.write('in.csv', usersCsv([userIdOf(10), userIdOf(36)]))
    const end = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(org.applied, [`${userIdOf(10)} suspend`, `${userIdOf(36)} suspend`])
  })
})

it.concurrent.each([
  ['where users are read', [], userIdOf],
  ['where none is read', ['--no-read'], userIdOf],
] as const)(
  'knows a duplicate of a row that an earlier execution finished, or began, %s',
  async (_, flags, keyOf) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 60, factors: 1 })
      const org = await place.org({ users, latencyMs: 20 })
      const ids = users.map(({ id }) => id)
      // Factors can be reset as often as one likes, so only the rule of duplicates keeps these from being sent.
      const firstKeys = users.map((_, index) => keyOf(index + 1))
      await place.write(
        'in.csv',
        usersCsv([...firstKeys, ...(flags.length === 0 ? users.map(({ login }) => login) : ids)]),
      )
      const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      const args = ['run', 'in.csv', '--action', 'reset_factors', ...flags, ...unattended]
      const cli = place.start(org, args, more)
      await org.waitUntil(() => Object.keys(org.applied).length >= 20)
      cli.kill('SIGKILL')
      await cli.ended
      const end = await place.run(org, ['resume', '--latest', '--quiet'], more)
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        ids.map((id) => `${id} reset_factors`),
      )
      const results = (await place.results()).map(({ result }) => result)
      expect(countsOf(results.slice(0, 60))).toEqual({ succeeded: 60 })
      expect(countsOf(results.slice(60))).toEqual({ skipped: 60 })
    })
  },
)

it('does different actions on one user in the order of the file, whatever names the user', async () => {
  await withWorkplace(async (place) => {
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1)
    const org = await place.org({ users: makeUsers({ count: 20 }), latencyMs: 10 })
    const steps = [
      [userIdOf, 'suspend'],
      [loginOf, 'unsuspend'],
      [shortNameOf, 'suspend'],
      [userIdOf, 'deactivate'],
      [loginOf, 'activate'],
    ] as const
    // All users interleaved, so that rows of one user stand far from and near to each other.
    const rows = steps.flatMap(([keyOf, action]) => numbers.map((number) => [keyOf(number), action] as const))
    await place.write('in.csv', usersCsv(rows))
    const end = await place.runHere(org, [
      'run',
      'in.csv',
      '--short-names',
      '--concurrency',
      '20',
      ...unattended,
    ])
    expect(end.code, end.stderr).toBe(0)
    expect(countsOf((await place.results()).map(({ result }) => result))).toEqual({ succeeded: 100 })
    for (const number of numbers) {
      const sent = org.requests.flatMap(({ key, action }) =>
        action !== null && key === userIdOf(number) ? [action] : [],
      )
      expect(sent).toEqual(steps.map(([, action]) => action))
    }
  })
})

it('keeps that order also where the earlier row takes longer to be read', async () => {
  await withWorkplace(async (place) => {
    const slow = new Set(['user1@example.com', 'user2'])
    const org = await place.org({
      users: makeUsers({ count: 2 }),
      fault: ({ key, attempt }) => (slow.has(key ?? '') && attempt === 1 ? { name: 'hangBefore' } : null),
    })
    await place.write(
      'in.csv',
      usersCsv([
        [loginOf(1), 'suspend'],
        [shortNameOf(2), 'suspend'],
        [userIdOf(1), 'unsuspend'],
        [userIdOf(2), 'unsuspend'],
      ]),
    )
    const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    const end = await place.runHere(org, ['run', 'in.csv', '--short-names', ...unattended], more)
    expect(end.code, end.stderr).toBe(0)
    const results = (await place.results()).map(({ result }) => result)
    expect(results).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded'])
  })
})

it('repeats an action on a user when another stood in between', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1, factors: 1 }) })
    const actions = ['suspend', 'suspend', 'unsuspend', 'unsuspend', 'suspend']
    await place.write('in.csv', usersCsv(actions.map((action) => [userIdOf(1), action])))
    const end = await place.runHere(org, ['run', 'in.csv', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect((await place.results()).map(({ result }) => result)).toEqual([
      'succeeded',
      'skipped',
      'succeeded',
      'skipped',
      'succeeded',
    ])
    expect(org.applied).toEqual({ [`${userIdOf(1)} suspend`]: 2, [`${userIdOf(1)} unsuspend`]: 1 })
  })
})

it('takes other options for another task, and sends each row’s own', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 2, status: 'PROVISIONED' }) })
    const lines = [
      'user,action,send_email',
      'user1,reactivate,yes',
      'user1,reactivate,',
      'user2,reactivate,FALSE',
    ]
    await place.write('in.csv', `${lines.join('\n')}\n`)
    const end = await place.runHere(org, ['run', 'in.csv', '--short-names', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expect((await place.results()).map(({ result }) => result)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
    ])
    const asked = org.requests.flatMap(({ action, key, path }) => {
      if (action === null) return []
      return [`${key} ${new URL(path, org.url).searchParams.get('sendEmail')}`]
    })
    // Without a word of row or job it is Okta's own default, said or left out.
    expect(asked.filter((text) => text.startsWith(userIdOf(1)))).toEqual([
      `${userIdOf(1)} true`,
      expect.stringMatching(/ (null|false)$/),
    ])
    expect(asked).toContain(`${userIdOf(2)} false`)
  })
})

it('does the steps of a job for each user, and a failed step stops the later ones of its row', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({
      users: makeUsers({ count: 4, status: ['ACTIVE', 'LOCKED_OUT', 'SUSPENDED', 'DEPROVISIONED'] }),
    })
    await place.write('in.csv', usersCsv([1, 2, 3, 4].map(loginOf)))
    await place.write('job.yaml', 'name: j\nsteps: [suspend, deactivate]\n')
    const end = await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines.map(({ row, step, action, result }) => `${row}.${step} ${action} ${result}`)).toEqual([
      '1.1 suspend succeeded',
      '1.2 deactivate succeeded',
      '2.1 suspend failed',
      '2.2 deactivate skipped',
      '3.1 suspend unchanged',
      '3.2 deactivate succeeded',
      '4.1 suspend failed',
      '4.2 deactivate skipped',
    ])
    expect(lines[3]?.message).toMatch(/step 1 \(suspend\)/)
    expect(org.org.users.get(userIdOf(2))?.status).toBe('LOCKED_OUT')
    expectAppliedOnce(org.applied, [
      `${userIdOf(1)} suspend`,
      `${userIdOf(1)} deactivate`,
      `${userIdOf(3)} deactivate`,
    ])
  })
})

it('does a user’s later rows after a row that failed', async () => {
  await withWorkplace(async (place) => {
    const org = await place.org({ users: makeUsers({ count: 1, status: 'LOCKED_OUT' }) })
    await place.write(
      'in.csv',
      usersCsv([
        [userIdOf(1), 'suspend'],
        [loginOf(1), 'unlock'],
        [userIdOf(1), 'suspend'],
      ]),
    )
    const end = await place.runHere(org, ['run', 'in.csv', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    expect((await place.results()).map(({ result }) => result)).toEqual(['failed', 'succeeded', 'succeeded'])
    expect(org.org.users.get(userIdOf(1))?.status).toBe('SUSPENDED')
  })
})

it.concurrent('does nothing more with a user who is in doubt, also after a resume', async () => {
  await withWorkplace(async (place) => {
    let open = true
    const fault = ({ action, key }: { action: string | null; key: string | null }): Fault | null => {
      if (action === 'reactivate') return { name: 'serverErrorAfter' }
      // Holds the rest of the run back until it is interrupted.
      return open && key === userIdOf(2) ? { name: 'hangBefore' } : null
    }
    const org = await place.org({ users: makeUsers({ count: 2, status: ['PROVISIONED', 'ACTIVE'] }), fault })
    await place.write(
      'in.csv',
      usersCsv([
        [userIdOf(1), 'reactivate'],
        [userIdOf(2), 'suspend'],
        [loginOf(1), 'deactivate'],
        [userIdOf(1), 'reset_factors'],
      ]),
    )
    const args = ['run', 'in.csv', '--concurrency', '1', ...unattended]
    const cli = place.start(org, args, { env: { OKTA_CLIENT_REQUESTTIMEOUT: '2' } })
    await org.waitUntil(() => org.requests.some(({ fault: name }) => name === 'hangBefore'))
    cli.kill('SIGTERM')
    const first = await cli.ended
    expect(first.code, first.stderr).toBe(143)
    open = false
    const end = await place.run(org, ['resume', '--latest', '--quiet'])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines.map(({ result }) => result)).toEqual(['in_doubt', 'succeeded', 'skipped', 'skipped'])
    expect(lines[2]?.message).toMatch(/in doubt/)
    expectAppliedOnce(org.applied, [`${userIdOf(1)} reactivate`, `${userIdOf(2)} suspend`])
    expect(org.org.users.get(userIdOf(1))?.status).toBe('PROVISIONED')
  })
})
