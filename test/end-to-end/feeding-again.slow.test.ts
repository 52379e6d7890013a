import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Fault } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { runId, unattended, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const slowly = { timeout: 60_000 }
const again = ['run', `runs/${runId}/failed.csv`, '--yes', '--quiet']

async function job(place: Workplace, lines: string): Promise<void> {
  await place.write('job.yaml', `name: attack\n${lines}\n`)
}

function callsOf(requests: readonly LoggedRequest[], key: string, action: string): number {
  return requests.filter((request) => request.key === key && request.action === action).length
}

/** The first call is applied and its answer lost; what comes later is the second fault. */
function applyThen(action: string, second: Fault) {
  return (request: LoggedRequest): Fault | null => {
    if (request.action !== action) return null
    return request.attempt === 1 ? { name: 'dropAfter' } : second
  }
}

it(
  'a reactivate that was applied, its answer lost, and repeated into a refusal is not `failed`',
  slowly,
  async () => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1, status: 'PROVISIONED' })
      if (user === undefined) return
      const org = await place.org({ users: [user], fault: applyThen('reactivate', { name: 'forbidden' }) })
      await job(place, 'action: reactivate\ninput: { file: in.csv }\noptions: { in_doubt: retry }')
      await place.write('in.csv', usersCsv([user.id]))
      await place.run(org, ['run', '--job', 'job.yaml', ...unattended], more)
      expect(org.applied).toEqual({ [`${user.id} reactivate`]: 1 })
      const [line] = await place.results()
      expect(line?.result, line?.message).toBe('in_doubt')
      expect(await place.read(`runs/${runId}/failed.csv`)).toBe('user,why\n')
    })
  },
)

it(
  'a reactivate in doubt that is about to be repeated when the run stops is not offered again',
  slowly,
  async () => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1, status: 'PROVISIONED' })
      if (user === undefined) return
      const org = await place.org({ users: [user], fault: applyThen('reactivate', { name: 'readOnly' }) })
      await job(place, 'action: reactivate\ninput: { file: in.csv }\noptions: { in_doubt: retry }')
      await place.write('in.csv', usersCsv([user.id]))
      const cli = place.start(org, ['run', '--job', 'job.yaml', ...unattended], more)
      await org.waitUntil(() => callsOf(org.requests, user.id, 'reactivate') >= 2)
      await delay(100)
      cli.kill('SIGINT')
      await cli.ended
      await place.results()
      const failed = await place.read(`runs/${runId}/failed.csv`)
      expect(org.applied).toEqual({ [`${user.id} reactivate`]: 1 })
      expect(failed).toBe('user,why\n')
    })
  },
)

it('a duplicate of a row whose call is unsettled is not offered again', slowly, async () => {
  await withWorkplace(async (place) => {
    const [user, other] = makeUsers({ count: 2, factors: 1 })
    if (user === undefined || other === undefined) return
    let hang = true
    const org = await place.org({
      users: [user, other],
      fault: ({ action, key }) => (hang && action !== null && key === user.id ? { name: 'hangAfter' } : null),
    })
    await place.write('in.csv', usersCsv([user.id, user.login, other.id]))
    const start = ['run', 'in.csv', '--action', 'reset_factors', '--drain', '1', ...unattended]
    const cli = place.start(org, start, { env: { OKTA_CLIENT_REQUESTTIMEOUT: '30' } })
    await org.waitUntil(() => Object.keys(org.applied).length === 2)
    await delay(300)
    cli.kill('SIGINT')
    await cli.ended
    const failed = await place.read(`runs/${runId}/failed.csv`)
    hang = false
    await place.run(org, [...again, '--action', 'reset_factors'], more)
    expect(org.applied[`${user.id} reset_factors`], failed).toBe(1)
  })
})

it('a duplicate of a row that succeeded is not offered again after a stop', slowly, async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 200, status: 'PROVISIONED' })
    const org = await place.org({ users, latencyMs: 30 })
    const keys = [...users.map(({ id }) => id), ...users.map(({ login }) => login)]
    await place.write('in.csv', usersCsv(keys))
    const cli = place.start(org, ['run', 'in.csv', '--action', 'reactivate', ...unattended], more)
    await org.waitUntil(() => Object.keys(org.applied).length >= 60)
    cli.kill('SIGINT')
    await cli.ended
    await place.run(org, [...again, '--action', 'reactivate'], more)
    const twice = Object.entries(org.applied).filter(([, count]) => count > 1)
    expect(twice).toEqual([])
  })
})

it('a row whose first step reset factors and whose second failed is not offered again', slowly, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, factors: 1 })
    if (user === undefined) return
    let refuse = true
    const org = await place.org({
      users: [user],
      fault: ({ action }) => (refuse && action === 'suspend' ? { name: 'forbidden' } : null),
    })
    await job(place, 'steps: [reset_factors, suspend]\ninput: { file: in.csv }')
    await place.write('in.csv', usersCsv([user.id]))
    await place.run(org, ['run', '--job', 'job.yaml', ...unattended], more)
    const failed = await place.read(`runs/${runId}/failed.csv`)
    refuse = false
    await place.run(org, [...again, '--job', 'job.yaml'], more)
    expect(org.applied[`${user.id} reset_factors`], failed).toBe(1)
  })
})

it('a row that a later row has superseded is not offered again', slowly, async () => {
  await withWorkplace(async (place) => {
    const [user] = makeUsers({ count: 1, status: 'ACTIVE' })
    if (user === undefined) return
    let refuse = true
    const org = await place.org({
      users: [user],
      fault: ({ action }) => (refuse && action === 'suspend' ? { name: 'forbidden' } : null),
    })
    await place.write(
      'in.csv',
      usersCsv([
        [user.id, 'suspend'],
        [user.id, 'unlock'],
        [user.id, 'unsuspend'],
        [user.login, 'deactivate'],
        [user.login, 'activate'],
      ]),
    )
    await place.run(org, ['run', 'in.csv', ...unattended], more)
    await place.read(`runs/${runId}/failed.csv`)
    refuse = false
    await place.run(org, again, more)
    expect(org.org.users.get(user.id)?.status).toBe('PROVISIONED')
  })
})
