import { describe, expect, it } from 'vitest'
import type { FaultName } from '../support/foreign-org/fault.ts'
import { loginOf, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import { expectAppliedOnce, unattended, usersCsv, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }

it.concurrent('keeps standard error to what a person has use for, however many users are in doubt', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 30 })
    const org = await place.org({
      users,
      // The answer about the first one shows the limit.
      fault: ({ action, key, attempt }) =>
        action !== null && attempt === 1 && key !== users[0]?.id ? { name: 'dropAfter' } : null,
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
    expect(end.code, end.stderr).toBe(0)
    expect(end.stderr).not.toMatch(/warning|listener/i)
    expect(end.stderr.trimEnd().split('\n').length, end.stderr).toBeLessThanOrEqual(4)
  })
})

describe('a reactivate that nothing can settle', () => {
  it.concurrent.each(['keep', 'retry'])('with in_doubt: %s', async (choice) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 4, status: ['PROVISIONED', 'RECOVERY'] })
      const lost: Record<string, FaultName> = {
        [userIdOf(1)]: 'serverErrorAfter',
        [userIdOf(2)]: 'dropBefore',
        [userIdOf(3)]: 'hangAfter',
      }
      const org = await place.org({
        users,
        fault: ({ action, key, attempt }) => {
          const name = lost[key ?? '']
          return action === null || name === undefined || attempt > 1 ? null : { name }
        },
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      await place.write('job.yaml', `name: j\naction: reactivate\noptions: { in_doubt: ${choice} }\n`)
      const end = await place.run(org, ['run', 'in.csv', '--job', 'job.yaml', ...unattended], impatient)
      const lines = await place.results()
      const again = choice === 'retry'
      expect(end.code, end.stderr).toBe(again ? 0 : 1)
      expect(lines.map(({ result }) => result)).toEqual(
        again
          ? ['succeeded', 'succeeded', 'succeeded', 'succeeded']
          : ['in_doubt', 'in_doubt', 'in_doubt', 'succeeded'],
      )
      expect(lines.map(({ attempts }) => attempts)).toEqual(
        again ? ['2', '2', '2', '1'] : ['1', '1', '1', '1'],
      )
      const times = (number: number): number => org.applied[`${userIdOf(number)} reactivate`] ?? 0
      expect([1, 2, 3, 4].map(times)).toEqual(again ? [2, 1, 2, 1] : [1, 0, 1, 1])
    })
  })
})

it.concurrent('closes the bucket for all where others have emptied the org’s counter, and goes on after the reset', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 40 })
    let refused = 0
    const org = await place.org({
      users,
      latencyMs: 20,
      rateLimit: { lifecycle: 1000, read: 1000, windowSeconds: 2 },
      fault: ({ action, number }) => {
        if (action === null || refused > 0 || number < 30) return null
        refused = number
        return { name: 'orgLimit' }
      },
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const flags = ['--action', 'suspend', '--concurrency', '4', ...unattended]
    const end = await place.run(org, ['run', 'in.csv', ...flags])
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} suspend`),
    )
    const calls = org.requests.filter(({ action }) => action !== null)
    const at = calls.findIndex(({ number }) => number === refused)
    const refusedAt = calls[at]?.arrivedAt ?? 0
    // The few that were under way beside it, or left before its answer was there, arrive at once; all else after the
    // window.
    const later = calls.slice(at + 1).map(({ arrivedAt }) => arrivedAt - refusedAt)
    expect(later.length).toBeGreaterThan(12)
    expect(later.filter((after) => after < 1_000).length).toBeLessThanOrEqual(8)
    expect(later.filter((after) => after >= 1_000).length).toBeGreaterThan(0)
    const line = (await place.results()).find(({ attempts }) => attempts === '2')
    expect(line).toMatchObject({ result: 'succeeded' })
  })
})

it.concurrent('calls it in doubt where somebody else acted on the user too', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 1 })
    const org = await place.org({
      users,
      fault: ({ action }) => (action === null ? null : { name: 'dropBefore' }),
    })
    await place.write('in.csv', usersCsv([loginOf(1)]))
    const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
    await org.waitUntil(() => org.requests.some(({ action }) => action !== null))
    const user = org.org.users.get(userIdOf(1))
    if (user !== undefined) {
      user.status = 'PASSWORD_EXPIRED'
      user.statusChanged = '2026-11-20T10:00:00.000Z'
    }
    const end = await cli.ended
    expect(end.code, end.stderr).toBe(1)
    const [line] = await place.results()
    expect(line).toMatchObject({
      result: 'in_doubt',
      attempts: '1',
      status_before: 'ACTIVE',
      status_after: 'PASSWORD_EXPIRED',
    })
    expect(org.requests.filter(({ action }) => action !== null)).toHaveLength(1)
  })
})

it.concurrent('settles a refusal because somebody else was faster by a read', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 2 })
    // Somebody else acts between our read and our call.
    const faster = { [userIdOf(1)]: 'SUSPENDED', [userIdOf(2)]: 'LOCKED_OUT' } as const
    const org = await place.org({
      users,
      fault: ({ action, key }) => {
        const status = faster[key ?? '']
        const user = org.org.users.get(key ?? '')
        if (action !== null && status !== undefined && user !== undefined) user.status = status
        return null
      },
    })
    await place.write('in.csv', usersCsv([userIdOf(1), userIdOf(2)]))
    const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(end.code, end.stderr).toBe(1)
    const lines = await place.results()
    expect(lines).toMatchObject([
      { result: 'unchanged', status_after: 'SUSPENDED', error_code: 'E0000001' },
      { result: 'failed', status_after: 'LOCKED_OUT', error_code: 'E0000001' },
    ])
    expect(lines[1]?.message).toMatch(/LOCKED_OUT.*ACTIVE/)
    expect(org.applied).toEqual({})
  })
})
