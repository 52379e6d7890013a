import { describe, expect, it } from 'vitest'
import type { FaultName } from '../support/foreign-org/fault.ts'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { type ForeignStatus, type ForeignUser, makeUsers, userIdOf } from '../support/foreign-org/user.ts'
import {
  countsOf,
  expectAppliedOnce,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
const patient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '2' } }

/** The time as Okta writes it, in whole seconds. */
function told(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString()
}

describe('a call that is applied late, within the time limit of its request, though its connection is lost', () => {
  it.concurrent.each<[ForeignAction, ForeignStatus, FaultName]>([
    ['suspend', 'ACTIVE', 'lateDrop'],
    ['unsuspend', 'SUSPENDED', 'lateDrop'],
    ['unlock', 'LOCKED_OUT', 'lateDrop'],
    ['deactivate', 'STAGED', 'lateDrop'],
    ['activate', 'DEPROVISIONED', 'lateDrop'],
    ['reset_factors', 'SUSPENDED', 'lateDrop'],
    ['suspend', 'ACTIVE', 'lateGatewayTimeout'],
    ['reset_factors', 'ACTIVE', 'lateGatewayTimeout'],
  ])('%s from %s, %s: succeeded, and never sent again', async (action, status, name) => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 20, status, factors: 1 })
      const org = await place.org({
        users,
        clockSkewSeconds: 37,
        fault: (request) => (request.action === null ? null : { name, afterMilliseconds: 1_500 }),
      })
      await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
      const end = await place.run(org, ['run', 'in.csv', '--action', action, ...unattended], patient)
      expect(end.code, end.stderr).toBe(0)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} ${action}`),
      )
      const lines = await place.results()
      expect(countsOf(lines.map(({ result, attempts }) => `${result} ${attempts}`))).toEqual({
        'succeeded 1': users.length,
      })
      for (const line of lines) expect(line.message).toMatch(/confirmed/)
      expect(org.requests.filter((request) => request.action !== null)).toHaveLength(users.length)
    })
  })
})

/** An org in which the answer to a call is lost, and a colleague who acts on the user before anybody looks. */
async function withColleague(
  place: Workplace,
  action: ForeignAction,
  user: ForeignUser,
  colleague: (user: ForeignUser) => void,
  onRead?: (user: ForeignUser) => void,
): Promise<{ org: ForeignOrg; acted: Promise<void> }> {
  const org: ForeignOrg = await place.org({
    users: [user],
    fault: (request) => {
      const found = org.org.users.get(user.id)
      if (request.action !== null) return { name: 'dropAfter' }
      if (found !== undefined && Object.keys(org.applied).length === 0) onRead?.(found)
      return null
    },
  })
  await place.write('in.csv', usersCsv([user.id]))
  const acted = org
    .waitUntil(() => org.applied[`${user.id} ${action}`] === 1)
    .then(() => {
      const found = org.org.users.get(user.id)
      if (found !== undefined) colleague(found)
    })
  return { org, acted }
}

async function expectInDoubt(place: Workplace, org: ForeignOrg, message: RegExp): Promise<void> {
  const [line] = await place.results()
  expect(line).toMatchObject({ result: 'in_doubt', attempts: '1' })
  expect(line?.message).toMatch(message)
  expect(Object.values(org.applied)).toEqual([1])
  expect(org.requests.filter(({ action }) => action !== null)).toHaveLength(1)
}

describe('a colleague who undoes a call before its doubt is settled', () => {
  const changes =
    /may or may not have been applied.*ACTIVE as before.*2026-01-12T09:30:00.*20\d\d-.*in between/
  const unsuspend = (user: ForeignUser): void => {
    user.status = 'ACTIVE'
    user.statusChanged = told(Date.now())
  }

  it.concurrent('is not overruled', async () => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1 })
      if (user === undefined) throw new Error('There is no user')
      const { org, acted } = await withColleague(place, 'suspend', user, unsuspend)
      const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
      await acted
      expect(end.code, end.stderr).toBe(1)
      await expectInDoubt(place, org, changes)
    })
  })

  it.concurrent('is not overruled after a kill either', async () => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1 })
      if (user === undefined) throw new Error('There is no user')
      const { org, acted } = await withColleague(place, 'suspend', user, unsuspend)
      const cli = place.start(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
      await acted
      expect(cli.kill('SIGKILL')).toBe(true)
      await cli.ended
      const end = await place.run(org, ['resume', '--latest', '--quiet'], impatient)
      expect(end.code, end.stderr).toBe(1)
      await expectInDoubt(place, org, changes)
      // A finished run stays as it is, and says so again.
      const again = await place.run(org, ['resume', '--latest', '--quiet'], impatient)
      expect(again.code).toBe(1)
      expect(Object.values(org.applied)).toEqual([1])
    })
  })
})

describe('a factor that is enrolled while its reset is in doubt', () => {
  it.concurrent('is left alone', async () => {
    await withWorkplace(async (place) => {
      const [user] = makeUsers({ count: 1, factors: 2 })
      if (user === undefined) throw new Error('There is no user')
      const factor = { id: 'mfaF0reignOrgNew0001', factorType: 'sms', provider: 'OKTA' }
      const { org, acted } = await withColleague(place, 'reset_factors', user, (found) => {
        found.factors = [{ ...factor, created: told(Date.now() + 5_000) }]
      })
      // What a job says of doubt is for a reactivate alone.
      await place.write('job.yaml', 'name: j\naction: reset_factors\noptions: { in_doubt: retry }\n')
      const args = ['run', 'in.csv', '--job', 'job.yaml', ...unattended]
      const end = await place.run(org, args, impatient)
      await acted
      expect(end.code, end.stderr).toBe(0)
      const [line] = await place.results()
      expect(line).toMatchObject({ result: 'succeeded', attempts: '1' })
      expect(line?.message).toMatch(/all enrolled factors are newer/)
      expect(org.org.users.get(userIdOf(1))?.factors).toHaveLength(1)
      expect(org.applied).toEqual({ [`${userIdOf(1)} reset_factors`]: 1 })
    })
  })
})
