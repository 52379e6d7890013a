import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Cli } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { randomFrom } from '../support/random.ts'
import {
  countsOf,
  expectAppliedOnce,
  parseCsv,
  usersCsv,
  type Workplace,
  withWorkplace,
} from './workplace.ts'

/** `FULL_FLEET=1`: the kills, pauses and stops of a long night; otherwise a shorter one. */
const full = process.env.FULL_FLEET === '1'
const seed = Number(process.env.FLEET_SEED ?? 1)
const kills = full ? 12 : 4
const pauses = full ? 3 : 1
const pauseMs = full ? 40_000 : 20_000
const databaseStops = full ? 2 : 1
/** Lifecycle calls in a window; the runs take half of them. */
const limit = full ? 60 : 160

const cluster = await privateCluster()
const { missing } = cluster

function envOf(): Readonly<Record<string, string>> {
  return { OKTA_LIFECYCLE_STORE: cluster.postgres.url, OKTA_CLIENT_REQUESTTIMEOUT: '4' }
}

function startWorker(place: Workplace, org: ForeignOrg): Cli {
  return place.start(org, ['worker', '--runs', '3', '--drain', '5'], { env: envOf() })
}

async function statesOf(place: Workplace, org: ForeignOrg | null): Promise<readonly string[]> {
  const end = await place.run(org, ['runs', '--json'], { env: envOf() })
  if (end.code !== 0) return ['unknown']
  return (JSON.parse(end.stdout) as { state: string }[]).map(({ state }) => state)
}

it.skipIf(missing !== null)(
  'six runs of factor resets, done exactly once by three workers that are killed and paused, also while the store is away',
  async () => {
    await withWorkplace(async (place) => {
      const random = randomFrom(seed)
      const users = makeUsers({ count: 420, factors: 2 })
      const org = await place.org({
        users,
        latencyMs: 100,
        rateLimit: { lifecycle: limit, read: 2_000, windowSeconds: 10 },
      })
      const runs: string[] = []
      for (let run = 0; run < 6; run++) {
        const name = `leavers-${run}.csv`
        const ids = users.slice(run * 70, run * 70 + 70).map(({ id }) => id)
        await place.write(name, usersCsv(ids.map((id) => [id, 'reset_factors'] as const)))
        const end = await place.run(org, ['submit', name, '--yes', '--json'], { env: envOf() })
        expect(end.code, end.stderr).toBe(0)
        runs.push((JSON.parse(end.stdout) as { run_id: string }).run_id)
      }
      const workers = [0, 1, 2].map(() => startWorker(place, org))
      const pick = (): number => Math.floor(random() * workers.length)
      const kill = async (): Promise<void> => {
        const at = pick()
        workers[at]?.kill('SIGKILL')
        await workers[at]?.ended
        workers[at] = startWorker(place, org)
      }
      const pause = async (): Promise<void> => {
        const worker = workers[pick()]
        worker?.kill('SIGSTOP')
        await delay(pauseMs)
        worker?.kill('SIGCONT')
      }
      const stopDatabase = async (): Promise<void> => {
        await cluster.postgres.stop()
        await delay(5_000)
        await cluster.postgres.start()
      }
      const events = [
        ...Array.from({ length: kills }, () => kill),
        ...Array.from({ length: pauses }, () => pause),
        ...Array.from({ length: databaseStops }, () => stopDatabase),
      ]
      while (events.length > 0) {
        await delay(2_000 + random() * 6_000)
        const [event] = events.splice(Math.floor(random() * events.length), 1)
        await event?.()
      }
      while ((await statesOf(place, org)).some((state) => state !== 'finished')) await delay(1_000)
      expectAppliedOnce(
        org.applied,
        users.map(({ id }) => `${id} reset_factors`),
      )
      const counted = org.requests.filter(({ action, window }) => action !== null && window !== null)
      const windows = countsOf(counted.map(({ window }) => String(window)))
      expect(Math.max(...Object.values(windows)), JSON.stringify(windows)).toBeLessThanOrEqual(limit / 2)
      for (const run of runs) {
        const end = await place.run(org, ['report', run, '--out', `out/${run}`], { env: envOf() })
        expect(end.code, end.stderr).toBe(0)
        const results = parseCsv(await place.read(`out/${run}/results.csv`))
        expect(results.map(({ result }) => result)).toEqual(Array.from({ length: 70 }, () => 'succeeded'))
      }
      for (const worker of workers) worker.kill('SIGTERM')
      for (const worker of workers) expect((await worker.ended).code).toBe(143)
    })
  },
  900_000,
)

it.skipIf(missing !== null)(
  'forty orgs, each with its own credentials, are worked off by two workers',
  async () => {
    await withWorkplace(async (place) => {
      const orgs: ForeignOrg[] = []
      const users = makeUsers({ count: 3 })
      for (let number = 0; number < 40; number++)
        orgs.push(await place.org({ users, token: `00FictionalTokenOfOrg${number}x` }))
      await place.write('leavers.csv', usersCsv(users.map(({ id }) => [id, 'suspend'] as const)))
      const entries = orgs.map(({ url, token }) => `  - { orgUrl: "${url}", token: ${token} }\n`)
      await place.write('orgs.yaml', `orgs:\n${entries.join('')}`)
      await chmod(join(place.directory, 'orgs.yaml'), 0o600)
      const env = { OKTA_LIFECYCLE_STORE: cluster.postgres.url, OKTA_LIFECYCLE_ORGS: 'orgs.yaml' }
      const workers = [0, 1].map(() => place.start(null, ['worker', '--runs', '20'], { env }))
      for (const org of orgs) {
        const end = await place.runHere(org, ['submit', 'leavers.csv', '--yes', '--json'], { env: envOf() })
        expect(end.code, end.stderr).toBe(0)
      }
      while ((await statesOf(place, null)).some((state) => state !== 'finished')) await delay(500)
      for (const org of orgs)
        expectAppliedOnce(
          org.applied,
          users.map(({ id }) => `${id} suspend`),
        )
      for (const worker of workers) worker.kill('SIGTERM')
      for (const worker of workers) expect((await worker.ended).code).toBe(143)
      // Both of them had a part in it.
      for (const worker of workers) expect(worker.printed.stderr).toContain('finished')
    })
  },
  300_000,
)

it.skipIf(missing !== null)(
  'three runs of two workers share one budget, with each other and with a neighbour who is never refused',
  async () => {
    await withWorkplace(async (place) => {
      const [limit, windowSeconds, perRun] = [200, 10, 150]
      const users = makeUsers({ count: 3 * perRun + 1 })
      const org = await place.org({
        users,
        latencyMs: 50,
        rateLimit: { lifecycle: limit, read: 5_000, windowSeconds },
      })
      const neighbours = users.at(-1)?.id ?? ''
      const refused: number[] = []
      // Another client of the org takes two fifths of the counter, evenly.
      const neighbour = setInterval(
        () => {
          const path = `/api/v1/users/${neighbours}/lifecycle/unlock`
          void fetch(`${org.url}${path}`, {
            method: 'POST',
            headers: { authorization: `SSWS ${org.token}` },
          }).then(({ status }) => status === 429 && refused.push(Date.now()))
        },
        (windowSeconds * 1000) / (0.4 * limit),
      )
      const workers = [startWorker(place, org), startWorker(place, org)]
      try {
        const runs = [0, 1, 2].map(async (run) => {
          const ids = users.slice(run * perRun, (run + 1) * perRun).map(({ id }) => id)
          await place.write(`leavers-${run}.csv`, usersCsv(ids.map((id) => [id, 'suspend'] as const)))
          const args = ['submit', `leavers-${run}.csv`, '--yes', '--json', '--share', '0.5']
          const end = await place.run(org, args, { env: envOf() })
          expect(end.code, end.stderr).toBe(0)
        })
        await Promise.all(runs)
        await org.waitUntil(() => Object.keys(org.applied).length >= 3 * perRun)
      } finally {
        clearInterval(neighbour)
      }
      expect(refused).toEqual([])
      expect(org.requests.filter(({ status }) => status === 429)).toEqual([])
      const calls = org.requests.filter(({ action, key }) => action !== null && key !== neighbours)
      expect(calls).toHaveLength(3 * perRun)
      const runOf = (key: string | null): number =>
        Math.floor(users.findIndex(({ id }) => id === key) / perRun)
      const begun = calls[0]?.arrivedAt ?? 0
      const windows = countsOf(
        calls.map(({ arrivedAt }) => String(Math.floor((arrivedAt - begun) / ((windowSeconds + 1) * 1000)))),
      )
      const whole = Object.values(windows).slice(0, -1)
      const used = whole.reduce((sum, count) => sum + count, 0) / whole.length / (0.5 * limit)
      expect(used, JSON.stringify(windows)).toBeGreaterThan(0.9)
      // While all three of them wait, each gets its part.
      const lastBegun = Math.max(...[0, 1, 2].map((run) => calls.findIndex(({ key }) => runOf(key) === run)))
      const together = calls.slice(lastBegun + 20, lastBegun + 140)
      const early = countsOf(together.map(({ key }) => String(runOf(key))))
      for (const run of ['0', '1', '2']) expect(early[run], JSON.stringify(early)).toBeGreaterThan(20)
      for (const worker of workers) worker.kill('SIGTERM')
      for (const worker of workers) expect((await worker.ended).code).toBe(143)
    })
  },
  300_000,
)
