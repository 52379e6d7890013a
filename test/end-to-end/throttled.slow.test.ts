import { expect, it } from 'vitest'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, unattended, usersCsv, withWorkplace } from './workplace.ts'

const windowSeconds = 2

/**
 * How many requests arrived in each of the org's windows, by Okta's rule: a window opens at its first request and is
 * still the old one during the second named by its reset.
 */
function arrivalsByWindow(requests: readonly LoggedRequest[]): readonly number[] {
  const windows: number[] = []
  let reset = -1
  for (const { arrivedAt } of requests) {
    const second = Math.floor(arrivedAt / 1000)
    if (second > reset) {
      reset = second + windowSeconds
      windows.push(0)
    }
    windows.push((windows.pop() ?? 0) + 1)
  }
  return windows
}

it.concurrent.each([
  { share: '1', most: 30, users: 80, windows: 3 },
  { share: '0.5', most: 15, users: 40, windows: 3 },
])(
  'with a limit of 30 and share $share: all done, no 429, at most $most a window',
  async ({ share, most, users: count, windows: expected }) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count })
      const org = await place.org({ users, rateLimit: { lifecycle: 30, read: 60, windowSeconds } })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const args = ['run', 'in.csv', '--action', 'suspend', '--share', share, ...unattended]
      const end = await place.run(org, args)
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} suspend`),
      )
      expect(countsOf((await place.results()).map(({ attempts }) => attempts))).toEqual({ 1: count })
      expect(org.requests.filter(({ status }) => status === 429)).toEqual([])
      const calls = arrivalsByWindow(org.requests.filter(({ action }) => action !== null))
      expect(Math.max(...calls), String(calls)).toBeLessThanOrEqual(most)
      // Nor is the share left unused: the work takes as many windows as it must.
      expect(calls, String(calls)).toHaveLength(expected)
      const reads = arrivalsByWindow(
        org.requests.filter(({ action, key }) => action === null && key !== 'me'),
      )
      expect(Math.max(...reads), String(reads)).toBeLessThanOrEqual(most * 2)
    })
  },
)

it.concurrent('counts in what it sent before it was stopped, when it goes on in the same window', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 30 })
    const org = await place.org({ users, rateLimit: { lifecycle: 40, read: 1000, windowSeconds: 6 } })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], more)
    await org.waitUntil(() => Object.keys(org.applied).length >= 10)
    cli.kill('SIGKILL')
    await cli.ended
    const end = await place.run(org, ['resume', '--latest', '--quiet'], more)
    expect(end.code, end.stderr).toBe(0)
    const calls = org.requests.filter(({ action }) => action !== null)
    const opened = calls[0]?.arrivedAt ?? 0
    const inFirstWindow = calls.filter(
      ({ arrivedAt }) => Math.floor(arrivedAt / 1000) <= Math.floor(opened / 1000) + 6,
    )
    expect(inFirstWindow.length).toBeLessThanOrEqual(20)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} suspend`),
    )
  })
})

it.concurrent('keeps within the concurrency that Okta allows, whatever the job asks for', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 60 })
    const org = await place.org({ users, latencyMs: 20, concurrencyLimit: 4 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const args = ['run', 'in.csv', '--action', 'suspend', '--concurrency', '40', ...unattended]
    const end = await place.run(org, args)
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} suspend`),
    )
    // Some refusals teach it; a run that went on regardless would meet one at nearly every request.
    const refused = org.requests.filter(({ status }) => status === 429).length
    expect(refused).toBeLessThan(60)
  })
})
