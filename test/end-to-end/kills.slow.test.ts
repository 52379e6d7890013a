import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ForeignAction } from '../support/foreign-org/org.ts'
import { type ForeignStatus, makeUsers } from '../support/foreign-org/user.ts'
import { randomFrom } from '../support/random.ts'
import { drawMoment, earlyKills, reached } from './kill-moments.ts'
import {
  countsOf,
  expectAppliedOnce,
  journalOf,
  runId,
  unattended,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

/** A run that is killed again and again, as by an out-of-memory killer or a power cut that leaves the disk intact. */
interface Killed {
  readonly action: ForeignAction
  readonly status: ForeignStatus
  readonly users: number
  readonly kills: number
  readonly clockSkewSeconds?: number
  readonly flags?: readonly string[]
}

/** `FULL_KILLS=1`: as many kills for each action as for the resets of factors, and a line about each run. */
const full = process.env.FULL_KILLS === '1'
/** `KILLS_SEED=N` draws other moments. A failure names the seed and the moment. */
const seed = Number(process.env.KILLS_SEED ?? 1)

async function surviveKills(killed: Killed): Promise<void> {
  const { action, status, users: count, kills, flags = [] } = killed
  await withWorkplace(async (place) => {
    const users = makeUsers({ count, status, factors: 1 })
    const org = await place.orgProcess({
      users,
      latencyMs: 20,
      clockSkewSeconds: killed.clockSkewSeconds ?? 0,
      // A call is applied up to so late, also where nobody waits for its answer any more: later than the next process
      // takes to look at it, and well within the time limit of its request.
      faults: { seed, rates: { slow: 0.5, lateDrop: 0.05 }, afterMilliseconds: 2_000, spread: true },
    })
    await place.write('in.csv', usersCsv(users.map(({ id }) => id)))
    await place.write('quiet.yaml', 'name: quiet\naction: activate\noptions: { send_email: false }\n')
    const random = randomFrom(seed * 1_000 + count + kills)
    const more = { env: { OKTA_CLIENT_REQUESTTIMEOUT: '3' } }
    // An activate that would send a mail waits five minutes before it is sent again, so it sends none here.
    const work = action === 'activate' ? ['--job', 'quiet.yaml'] : ['--action', action]
    const start = ['run', 'in.csv', ...work, ...unattended, ...flags]
    const directory = join(place.directory, 'runs', runId)
    // A run that died before its run.json was there has done nothing: it is started again under its name.
    const next = (): readonly string[] =>
      existsSync(join(directory, 'run.json')) ? ['resume', '--latest', '--yes', '--quiet'] : start
    let underWay = 0
    // A kill that hits no call under way proves less. On a busy machine many hit none, so more are drawn, up to a bound.
    const fewest = (kills - earlyKills) / 2
    let kill = 0
    for (; kill < kills || (underWay <= fewest && kill < kills * 2); kill += 1) {
      const moment = drawMoment(kill, random)
      const what = `seed ${seed}, kill ${kill + 1}: ${JSON.stringify(moment)}`
      const cli = place.start(org, next(), more)
      await reached(moment, cli, org, directory)
      cli.kill('SIGKILL')
      const { code, signal, stderr } = await cli.ended
      expect({ code, signal }, `${what}\n${stderr}`).toEqual({ code: null, signal: 'SIGKILL' })
      if ((await openAttempts(place, directory)) > 0) underWay += 1
    }
    const end = await place.run(org, next(), more)
    expect(end.code, `seed ${seed}\n${end.stdout}${end.stderr}`).toBe(0)
    if (full) console.log(`${action}: ${kill} kills, ${underWay} of them with calls under way, seed ${seed}`)
    expect(underWay, 'kills that hit calls under way').toBeGreaterThan(fewest)

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
    const journal = await journalOf(place)
    expect(JSON.parse(await place.read(`runs/${runId}/summary.json`))).toMatchObject({
      executions: journal.filter(({ event }) => event === 'execution').length,
      state: 'finished',
    })
  })
}

/** Attempts of which the journal tells no end. */
async function openAttempts(place: Workplace, directory: string): Promise<number> {
  if (!existsSync(join(directory, 'journal.ndjson'))) return 0
  const open = new Set<string>()
  for (const { event, row, step, verdict } of await journalOf(place)) {
    if (event === 'intent') open.add(`${row} ${step}`)
    if (event === 'result' || event === 'not_applied' || verdict === 'not_applied')
      open.delete(`${row} ${step}`)
  }
  return open.size
}

it.concurrent('survives 40 kills in one run of 400 reset_factors', { timeout: 400_000 }, async () => {
  await surviveKills({ action: 'reset_factors', status: 'ACTIVE', users: 400, kills: 40 })
})

it.concurrent.each<[ForeignAction, ForeignStatus, clockSkewSeconds: number]>([
  ['suspend', 'ACTIVE', 37],
  ['deactivate', 'LOCKED_OUT', -37],
  ['activate', 'STAGED', 37],
])('survives kills in one run of many %s', { timeout: 400_000 }, async (action, status, clockSkewSeconds) => {
  const size = full ? { users: 400, kills: 40 } : { users: 160, kills: 12 }
  await surviveKills({ action, status, clockSkewSeconds, ...size })
})

it.concurrent('survives 8 kills in one run of 100 deactivate without reads', {
  timeout: 400_000,
}, async () => {
  await surviveKills({ action: 'deactivate', status: 'ACTIVE', users: 100, kills: 8, flags: ['--no-read'] })
})
