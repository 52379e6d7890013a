import { describe, expect, it } from 'vitest'
import { type Fault, type FaultName, faultsByRate } from '../support/foreign-org/fault.ts'
import type { LoggedRequest } from '../support/foreign-org/log.ts'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import { type ForeignStatus, type ForeignUser, makeUsers } from '../support/foreign-org/user.ts'
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
    await place.write('quiet.yaml', 'name: quiet\naction: activate\noptions: { send_email: false }\n')
    // An activate that would send a mail waits five minutes before it is sent again, so it sends none here.
    const work = action === 'activate' ? ['--job', 'quiet.yaml'] : ['--action', action]
    const end = await place.run(org, ['run', 'in.csv', ...work, ...unattended], impatient)
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
  ])('%s from %s: nothing lost, nothing twice', async (action, status) => {
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
  ])('%s: nothing lost, nothing twice', async (action, status) => {
    await survive(action, status, callFaults, (users) => ({
      calls: dealt(users, callFaults),
      reads: byRate(8, 1 / 6, readFaults, 'all'),
    }))
  })
})
