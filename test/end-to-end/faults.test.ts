import { describe, expect, it } from 'vitest'
import { type Fault, type FaultName, faultsByRate } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import {
  type ForeignStatus,
  type ForeignUser,
  loginOf,
  makeUsers,
  userIdOf,
} from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, unattended, usersCsv, withWorkplace } from './workplace.ts'

const impatient = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }

/** `FAULTS_SEED=N` draws other faults. */
const seed = Number(process.env.FAULTS_SEED ?? 7)

type Draw = (request: LoggedRequest) => Fault | null

/** Okta's own failure, two of a load balancer, and a lost connection: each before the work and after it. */
const oneInFour = [
  'serverErrorBefore',
  'serverErrorAfter',
  'badGatewayBefore',
  'badGatewayAfter',
  'unavailableBefore',
  'unavailableAfter',
  'dropBefore',
  'dropAfter',
] as const

/** All that a network, a load balancer or Okta itself can do to a call. */
const callFaults = [
  'dropBefore',
  'dropAfter',
  'resetBefore',
  'resetAfter',
  'hangAfter',
  'lateDrop',
  'lateGatewayTimeout',
  'badGatewayBefore',
  'badGatewayAfter',
  'gatewayTimeoutAfter',
  'unavailableBefore',
  'unavailableAfter',
  'readOnly',
  'concurrencyLimit',
  'htmlOk',
  'emptyOk',
  'noContent',
  'truncatedJson',
  'cutBody',
] as const

/** And to a read. */
const readFaults = [
  'dropBefore',
  'resetAfter',
  'badGatewayBefore',
  'serverErrorBefore',
  'htmlOk',
  'truncatedJson',
  'concurrencyLimit',
] as const

/** Every name gets the same part of the whole. */
function byRate(seed: number, whole: number, names: readonly FaultName[], on: 'lifecycle' | 'all'): Draw {
  return faultsByRate({
    seed,
    rates: Object.fromEntries(names.map((name) => [name, whole / names.length])),
    on,
  })
}

/** Deals the faults out to users: three of four first calls meet one, and some second calls another. */
function dealt(users: readonly ForeignUser[], names: readonly FaultName[]): Draw {
  const places = new Map(users.map(({ id }, index) => [id, index]))
  return ({ action, key, attempt }) => {
    const place = places.get(key ?? '') ?? 0
    if (action === null || place % 4 === 3 || attempt > 2 || (attempt === 2 && place % 2 === 1)) return null
    const name = names[(place - Math.floor(place / 4) + (attempt - 1) * 5) % names.length]
    return name === undefined ? null : { name, afterMilliseconds: 400 }
  }
}

async function survive(
  action: ForeignAction,
  status: ForeignStatus,
  names: readonly FaultName[],
  draw: (users: readonly ForeignUser[]) => { readonly calls: Draw; readonly reads: Draw },
): Promise<void> {
  await withWorkplace(async (place) => {
    const count = 144
    const users = makeUsers({ count, status, factors: 2 })
    const { calls, reads } = draw(users)
    const org = await place.org({
      users,
      latencyMs: 5,
      fault: (request) => (request.action === null ? reads(request) : calls(request)),
    })
    await place.write('in.csv', usersCsv(users.map(({ login }) => login)))
    const end = await place.run(org, ['run', 'in.csv', '--action', action, ...unattended], impatient)
    expect(end.code, end.stdout + end.stderr).toBe(0)
    // The test is worth its name only if faults did happen to calls that were applied and to some that were not.
    const met = new Set(org.requests.flatMap(({ action, fault }) => (action === null ? [] : [fault])))
    const spared = names.filter((name) => !met.has(name))
    expect(spared.length, `no call met ${spared}`).toBeLessThan(2)
    expect(
      org.requests.filter(({ action, fault }) => action === null && fault !== null).length,
    ).toBeGreaterThan(9)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} ${action}`),
    )
    const lines = await place.results()
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: count })
    for (const line of lines) {
      expect(line.status_before).toBe(status)
      const user = org.org.users.get(line.okta_user_id ?? '')
      expect(line.status_after).toBe(user?.status)
      if (action === 'reset_factors') expect(user?.factors).toEqual([])
      const sent = org.requests.filter(({ key, action }) => action !== null && key === line.okta_user_id)
      expect(line.attempts).toBe(String(sent.length))
    }
  })
}

describe('one request in four fails, before the work or after it, reads included', () => {
  it.concurrent.each<[ForeignAction, ForeignStatus]>([
    ['suspend', 'ACTIVE'],
    ['unsuspend', 'SUSPENDED'],
    ['unlock', 'LOCKED_OUT'],
    ['reset_factors', 'PASSWORD_EXPIRED'],
    ['deactivate', 'SUSPENDED'],
    ['activate', 'STAGED'],
  ])('%s from %s: nothing lost, nothing twice', { timeout: 60_000 }, async (action, status) => {
    await survive(action, status, oneInFour, () => {
      const draw = byRate(seed, 1 / 4, oneInFour, 'all')
      return { calls: draw, reads: draw }
    })
  })
})

describe('three calls in four and one read in six meet some fault', () => {
  it.concurrent.each<[ForeignAction, ForeignStatus]>([
    ['suspend', 'ACTIVE'],
    ['reset_factors', 'ACTIVE'],
  ])('%s: nothing lost, nothing twice', { timeout: 60_000 }, async (action, status) => {
    await survive(action, status, callFaults, (users) => ({
      calls: dealt(users, callFaults),
      reads: byRate(8, 1 / 6, readFaults, 'all'),
    }))
  })
})

it.concurrent('keeps standard error to what a person has use for, however many users are in doubt', async () => {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count: 30 })
    const org = await place.org({
      users,
      fault: ({ action, attempt }) => (action !== null && attempt === 1 ? { name: 'dropAfter' } : null),
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended], impatient)
    expect(end.code, end.stderr).toBe(0)
    expect(end.stderr).not.toMatch(/warning|listener/i)
    expect(end.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
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
    const end = await place.run(org, ['run', 'in.csv', '--action', 'suspend', ...unattended])
    expect(end.code, end.stderr).toBe(0)
    expectAppliedOnce(
      org.applied,
      users.map(({ id }) => `${id} suspend`),
    )
    const calls = org.requests.filter(({ action }) => action !== null)
    const at = calls.findIndex(({ number }) => number === refused)
    const refusedAt = calls[at]?.arrivedAt ?? 0
    // What was under way beside it, or left before its answer was there, arrives at once; all else after the window.
    const later = calls.slice(at + 1).map(({ arrivedAt }) => arrivedAt - refusedAt)
    expect(later.filter((after) => after > 300 && after < 1_000)).toEqual([])
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
