import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, withWorkplace } from './workplace.ts'

const steps = 'steps: [{ action: suspend, if_failed: go_on }, deactivate]\n'

/** The first read of a key is refused, as if a permission had been missing for a moment. */
function firstReadRefused(request: LoggedRequest): Fault | null {
  const isRead = request.method === 'GET' && request.key !== null && request.key !== 'me'
  return isRead && request.attempt === 1 ? { name: 'forbidden' } : null
}

it.each<[string, string, (id: string) => string]>([
  [
    'whose login is another in Okta',
    `input: { check: { login: mail } }\n${steps}`,
    (id) => `user,mail\n${id},somebody.else@example.com\n`,
  ],
  ['with a short name that nobody allowed', steps, () => 'user\nuser1\n'],
])(
  'a row %s is not acted on by a later step either, if its user could not be read at first',
  async (_, job, input) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 3 })
      const org = await place.org({ users, fault: firstReadRefused })
      await place.write('in.csv', input(users[0]?.id ?? ''))
      await place.write('job.yaml', `name: leavers\n${job}`)
      await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
      expect(org.applied).toEqual({})
      const results = (await place.results()).map(({ result, message }) => `${result}: ${message}`)
      expect(results).toEqual([
        expect.stringMatching(/^failed: /),
        expect.stringMatching(/^skipped: step 1 failed|^skipped: /),
      ])
    })
  },
)

it('two rows of a user do not both act if the second could not be read at first', async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, factors: 1 })
    if (user === undefined) return
    const org = await place.org({
      users: [user],
      fault: (request) => (request.key?.includes('@') === true ? firstReadRefused(request) : null),
    })
    await place.write('in.csv', `user\n${user.id}\n${user.login}\n`)
    await place.write(
      'job.yaml',
      'name: factors\nsteps: [{ action: suspend, if_failed: go_on }, reset_factors]\n',
    )
    await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended])
    expect(org.applied).toEqual({ [`${user.id} suspend`]: 1, [`${user.id} reset_factors`]: 1 })
  })
})

it('a retry settles the doubt of a later step before it sends an earlier one', async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, status: 'SUSPENDED', factors: 1 })
    if (user === undefined) return
    let isBroken = true
    const org = await place.org({
      users: [user],
      fault: ({ method, path, action }) => {
        if (!isBroken) return null
        if (action === 'unsuspend') return { name: 'forbidden' }
        if (action === 'reset_factors') return { name: 'dropAfter' }
        return method === 'GET' && path.includes('/factors') ? { name: 'forbidden' } : null
      },
    })
    await place.write('in.csv', `user\n${user.id}\n`)
    await place.write(
      'job.yaml',
      'name: back\nsteps: [{ action: unsuspend, if_failed: go_on }, reset_factors]\n',
    )
    const hurried = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    await place.runHere(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], hurried)
    expect((await place.results()).map(({ result }) => result)).toEqual(['failed', 'in_doubt'])
    isBroken = false
    const before = org.requests.length
    const end = await place.runHere(org, ['retry', 'run', '--yes', '--quiet'], hurried)
    expect(end.code, end.stderr).toBe(0)
    const order = org.requests
      .slice(before)
      .flatMap(({ action, path }) =>
        path.includes('/factors') && action === null ? ['factors'] : (action ?? []),
      )
    expect(order).toEqual(['factors', 'unsuspend'])
    expect(org.org.appliedInOrder).toEqual([`${user.id} reset_factors`, `${user.id} unsuspend`])
  })
})

it.each([
  ['suspend', 'SUSPENDED'],
  ['deactivate', 'DEPROVISIONED'],
  ['unsuspend', 'ACTIVE'],
] as const)(
  'without reads, a %s of who was %s all along is not reported as applied',
  async (action, status) => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1, status })
      if (user === undefined) return
      const org = await place.org({
        users: [user],
        fault: (request) => (request.action === null ? null : { name: 'badGatewayBefore' }),
      })
      await place.write('in.csv', `user\n${user.id}\n`)
      const hurried = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      await place.runHere(org, ['run', 'in.csv', '--action', action, '--no-read', ...unattended], hurried)
      const [line] = await place.results()
      expect(line?.result, line?.message).toBe('unchanged')
      expect(org.applied).toEqual({})
    })
  },
)

it.each<[string, (user: { readonly id: string; readonly login: string }) => string]>([
  ['its id', ({ id }) => id],
  ['its login', ({ login }) => login],
])(
  'a row by an id that may not be read is skipped if an earlier row by %s left its user in doubt',
  async (_, key) => {
    await withWorkplace(async (place) => {
      const [user, other] = makeUsers({ count: 2, factors: 1 })
      if (user === undefined || other === undefined) return
      let isSent = false
      const org = await place.org({
        users: [user, other],
        fault: (request) => {
          if (request.action === 'reset_factors') {
            isSent = true
            return { name: 'dropAfter' }
          }
          return isSent && request.method === 'GET' && request.key === user.id ? { name: 'forbidden' } : null
        },
      })
      const rows = [`${key(user)},reset_factors`, `${user.id},suspend`, `${other.id},suspend`]
      await place.write('in.csv', `user,action\n${rows.join('\n')}\n`)
      const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
      await place.runHere(org, ['run', 'in.csv', ...unattended], impatient)
      expect(org.applied).toEqual({ [`${user.id} reset_factors`]: 1, [`${other.id} suspend`]: 1 })
      expect((await place.results()).map(({ result, message }) => `${result}: ${message}`)).toEqual([
        expect.stringMatching(/^in_doubt: /),
        'skipped: an earlier row of this user is in doubt, so nothing more was sent',
        expect.stringMatching(/^succeeded: /),
      ])
    })
  },
)

it('a row is judged by no later row of its user that ended before it because its user could not be read', async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1 })
    if (user === undefined) return
    let isBroken = true
    const fault = ({ method, key }: LoggedRequest): Fault | null => {
      if (!isBroken || method !== 'GET') return null
      if (key === user.id) return { name: 'forbidden' }
      return key === user.login ? { name: 'hangBefore' } : null
    }
    const org = await place.org({ users: [user], fault })
    await place.write('in.csv', `user\n${user.login}\n${user.id}\n`)
    const flags = ['--accept-refusals', '--max-failures', '0', '--drain', '1']
    const first = await place.runHere(org, ['run', 'in.csv', '--action', 'suspend', ...flags, ...unattended])
    expect([first.code, (await place.results()).map(({ result }) => result)]).toEqual([
      3,
      ['not_run', 'failed'],
    ])
    isBroken = false
    await place.runHere(org, ['resume', runId, '--max-failures', '5', '--yes', '--quiet'])
    expect((await place.results()).map(({ result }) => result)).toEqual(['succeeded', 'failed'])
    expect(org.applied).toEqual({ [`${user.id} suspend`]: 1 })
  })
})

it('after a kill, a row does not repeat an earlier one whose user could not be read', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 30 })
    const [user] = users
    if (user === undefined) return
    let isBroken = true
    const fault = ({ method, key }: LoggedRequest): Fault | null =>
      isBroken && method === 'GET' && key === user.id ? { name: 'forbidden' } : null
    const org = await place.org({ users, fault, latencyMs: 30 })
    const others = users.slice(1).map(({ id }) => id)
    await place.write('in.csv', `user\n${[user.id, ...others, user.login].join('\n')}\n`)
    const args = [
      'run',
      'in.csv',
      '--action',
      'suspend',
      '--accept-refusals',
      '--concurrency',
      '2',
      ...unattended,
    ]
    const cli = place.start(org, args)
    await org.waitUntil(() => Object.keys(org.applied).length >= 5)
    cli.kill('SIGKILL')
    await cli.ended
    isBroken = false
    await place.runHere(org, ['resume', runId, '--yes', '--quiet'])
    const results = await place.results()
    expect([results[0]?.result, results.at(-1)?.result]).toEqual(['failed', 'succeeded'])
    expect(org.applied[`${user.id} suspend`]).toBe(1)
  })
})
