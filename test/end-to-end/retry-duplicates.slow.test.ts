import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }

it.each(['reactivate', 'reset_factors'])(
  'retry after a stop does not repeat %s for duplicates of rows that succeeded',
  { timeout: 60_000 },
  async (action) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 200, status: 'PROVISIONED', factors: 1 })
      const org = await place.org({ users, latencyMs: 30 })
      await place.write(
        'in.csv',
        usersCsv([...users.map(({ id }) => id), ...users.map(({ login }) => login)]),
      )
      const cli = place.start(org, ['run', 'in.csv', '--action', action, ...unattended], more)
      await org.waitUntil(() => Object.keys(org.applied).length >= 60)
      cli.kill('SIGINT')
      await cli.ended
      await place.run(org, ['retry', runId, '--yes', '--quiet'], more)
      const twice = Object.entries(org.applied).filter(([, count]) => count > 1)
      expect(twice.length).toBe(0)
    })
  },
)

it('retry of a run with an unsettled call does not repeat it for its duplicate', {
  timeout: 60_000,
}, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, factors: 1 })
    if (user === undefined) return
    let hang = true
    const org = await place.org({
      users: [user],
      fault: ({ action }) => (hang && action !== null ? { name: 'hangAfter' } : null),
    })
    await place.write('in.csv', usersCsv([user.id, user.login]))
    const start = ['run', 'in.csv', '--action', 'reset_factors', '--drain', '1', ...unattended]
    const cli = place.start(org, start, more)
    await org.waitUntil(() => Object.keys(org.applied).length === 1)
    cli.kill('SIGKILL')
    await cli.ended
    hang = false
    await delay(100)
    await place.run(org, ['retry', runId, '--yes', '--quiet'], more)
    expect(org.applied).toEqual({ [`${user.id} reset_factors`]: 1 })
  })
})

it('retry after a stop keeps a suspend that its pair has lifted', { timeout: 60_000 }, async () => {
  await withWorkplace(async (place) => {
    // suspend, unsuspend, suspend of each: stopped anywhere, then retry, must end SUSPENDED with 2 suspends and 1 unsuspend.
    const users = makeUsers({ count: 60, status: 'ACTIVE' })
    const org = await place.org({ users, latencyMs: 20 })
    const rows = users.flatMap(
      ({ id, login }) =>
        [
          [id, 'suspend'],
          [login, 'unsuspend'],
          [id, 'suspend'],
        ] as [string, string][],
    )
    await place.write('in.csv', usersCsv(rows))
    const cli = place.start(org, ['run', 'in.csv', ...unattended], more)
    await org.waitUntil(() => Object.keys(org.applied).length >= 50)
    cli.kill('SIGINT')
    await cli.ended
    await place.run(org, ['retry', runId, '--yes', '--quiet'], more)
    const wrong = users.filter(
      ({ id }) =>
        org.applied[`${id} suspend`] !== 2 ||
        org.applied[`${id} unsuspend`] !== 1 ||
        org.org.users.get(id)?.status !== 'SUSPENDED',
    )
    expect(wrong.length).toBe(0)
  })
})
