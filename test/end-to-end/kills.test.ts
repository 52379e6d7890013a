import { expect, it } from 'vitest'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import { type ForeignStatus, makeUsers } from '../support/foreign-org/user.ts'
import { countsOf, expectAppliedOnce, runId, unattended, usersCsv, withWorkplace } from './workplace.ts'

/** A run that is killed again and again, as by an out-of-memory killer or a power cut that leaves the disk intact. */
interface Killed {
  readonly action: ForeignAction
  readonly status: ForeignStatus
  readonly users: number
  readonly kills: number
  /** Each kill comes after so many requests of its sitting, at most. */
  readonly mostRequests: number
  readonly flags?: readonly string[]
}

/** Numbers from 0 up to 1 that are the same in every run of the test: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function surviveKills({
  action,
  status,
  users: count,
  kills,
  mostRequests,
  flags = [],
}: Killed): Promise<void> {
  await withWorkplace(async (place) => {
    const users = makeUsers({ count, status, factors: 1 })
    const org = await place.orgProcess({ users, latencyMs: 20 })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    const random = randomFrom(count + kills)
    const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '1' } }
    let args: readonly string[] = ['run', 'in.csv', '--action', action, ...unattended, ...flags]
    for (let kill = 0; kill < kills; kill += 1) {
      const before = (await org.requests()).length
      const cli = place.start(org, args, more)
      await org.waitForRequests(before + 1 + Math.ceil(random() * mostRequests))
      expect(cli.kill('SIGKILL'), `the run ended before kill ${kill + 1}`).toBe(true)
      const end = await cli.ended
      expect(end.signal, end.stderr).toBe('SIGKILL')
      args = ['resume', '--latest', '--quiet']
    }
    const end = await place.run(org, args, more)
    expect(end.code, end.stdout + end.stderr).toBe(0)

    expectAppliedOnce(
      await org.applied(),
      users.map(({ id }) => `${id} ${action}`),
    )
    const lines = await place.results()
    expect(lines.map(({ row }) => row)).toEqual(users.map((_, index) => String(index + 1)))
    expect(countsOf(lines.map(({ result }) => result))).toEqual({ succeeded: count })
    const { users: after } = await org.state()
    const truth = new Map(after.map((user) => [user.id, user.status]))
    if (!flags.includes('--no-read')) {
      for (const line of lines) {
        expect(line, line.message).toMatchObject({
          status_before: status,
          status_after: truth.get(line.okta_user_id ?? ''),
        })
      }
    }
    expect(JSON.parse(await place.read(`runs/${runId}/summary.json`))).toMatchObject({
      sittings: kills + 1,
      state: 'finished',
    })
  })
}

it.concurrent('survives 20 kills in one run of 400 reset_factors', { timeout: 90_000 }, async () => {
  await surviveKills({ action: 'reset_factors', status: 'ACTIVE', users: 400, kills: 20, mostRequests: 30 })
})

it.concurrent.each<[ForeignAction, ForeignStatus]>([
  ['suspend', 'ACTIVE'],
  ['deactivate', 'LOCKED_OUT'],
  ['activate', 'STAGED'],
])('survives 6 kills in one run of 100 %s', { timeout: 60_000 }, async (action, status) => {
  await surviveKills({ action, status, users: 100, kills: 6, mostRequests: 25 })
})

it.concurrent('survives 3 kills in one run of 40 deactivate without reads', { timeout: 60_000 }, async () => {
  const flags = ['--no-read']
  await surviveKills({ action: 'deactivate', status: 'ACTIVE', users: 40, kills: 3, mostRequests: 8, flags })
})
