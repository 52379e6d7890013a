import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { readRow } from '../../src/budget/row-text.ts'
import type { Cli } from '../support/cli.ts'
import type { ForeignOrg } from '../support/foreign-org/server.ts'
import { makeUsers } from '../support/foreign-org/user.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { countsOf, usersCsv, type Workplace, withWorkplace } from './workplace.ts'

const cluster = await privateCluster()
const { missing } = cluster

/** A window is open for a second more. */
const windowSeconds = 3
const limit = 90
const share = limit / 2
/** Others take a worker for dead after 20 s, and what it had out counts in the window that follows. */
const pauseMs = 26_000

function env(): Readonly<Record<string, string>> {
  return { OKTA_LIFECYCLE_STORE: cluster.postgres.url, OKTA_CLIENT_REQUESTTIMEOUT: '4' }
}

function startWorker(place: Workplace, org: ForeignOrg, more: readonly string[] = []): Cli {
  return place.start(org, ['worker', '--runs', '1', ...more], { env: env() })
}

async function submit(
  place: Workplace,
  org: ForeignOrg,
  name: string,
  ids: readonly string[],
): Promise<void> {
  await place.write(name, usersCsv(ids.map((id) => [id, 'suspend'] as const)))
  const end = await place.run(org, ['submit', name, '--yes', '--concurrency', '20'], { env: env() })
  expect(end.code, end.stderr).toBe(0)
}

/** Asks the store's database. */
async function ask(
  statement: string,
  values: readonly unknown[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: cluster.postgres.url })
  await client.connect()
  const { rows } = await client.query(statement, [...values])
  await client.end()
  return rows
}

/** The permits of lifecycle calls that are out. */
async function permitsOut({ url }: ForeignOrg): Promise<number> {
  const [row] = await ask(
    "SELECT budget FROM okta_lifecycle.bucket WHERE org = $1 AND bucket = '/api/v1/users'",
    [url],
  )
  const holders = Object.values(readRow(String(row?.budget))?.holders ?? {})
  return holders.reduce((sum, { calls }) => sum + calls, 0)
}

/** How many lifecycle calls counted in each window, the latest window last. */
function callsInWindows({ requests }: ForeignOrg): readonly number[] {
  const counted = requests.filter(({ action, window }) => action !== null && window !== null)
  return Object.values(countsOf(counted.map(({ window }) => String(window))))
}

describe.skipIf(missing !== null).concurrent('a worker', () => {
  it('that was stopped for long sends with no permit of a window that is long gone', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 500 })
      const [few, many] = [users.slice(0, 40).map(({ id }) => id), users.slice(40).map(({ id }) => id)]
      // Few at once: calls with a permit wait for a slot.
      const rateLimit = { lifecycle: limit, read: 5_000, windowSeconds }
      const org = await place.org({ users, latencyMs: 80, concurrencyLimit: 3, rateLimit })
      await submit(place, org, 'few.csv', few)
      const stopped = startWorker(place, org)
      while ((await permitsOut(org)) < 8) await org.waitUntil(() => org.requests.length > 0)
      stopped.kill('SIGSTOP')
      const stoppedAt = Date.now()
      expect(await permitsOut(org)).toBeGreaterThan(3)
      await submit(place, org, 'many.csv', many)
      const other = startWorker(place, org)
      await delay(stoppedAt + pauseMs - Date.now())
      // It wakes when others have just used the share up.
      const { length } = callsInWindows(org)
      await org.waitUntil(
        () => callsInWindows(org).length > length && (callsInWindows(org).at(-1) ?? 0) >= share - 1,
      )
      stopped.kill('SIGCONT')
      await org.waitUntil(() => few.every((id) => org.applied[`${id} suspend`] !== undefined))
      for (const worker of [stopped, other]) worker.kill('SIGTERM')
      for (const worker of [stopped, other]) expect((await worker.ended).code).toBe(143)
      expect(Math.max(...callsInWindows(org)), String(callsInWindows(org))).toBeLessThanOrEqual(share)
      expect(Object.values(org.applied).filter((times) => times > 1)).toEqual([])
    })
  })

  it('that ends without waiting for its calls gives its permits back', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 8 })
      const org = await place.org({ users, latencyMs: 1_000, rateLimit: null })
      const calls = () => org.requests.filter(({ action }) => action !== null)
      await submit(
        place,
        org,
        'in.csv',
        users.map(({ id }) => id),
      )
      const first = startWorker(place, org, ['--drain', '0'])
      // Without a limit two are under way at once.
      await org.waitUntil(() => calls().length === 3)
      first.kill('SIGTERM')
      expect((await first.ended).code).toBe(143)
      const before = calls().length
      const begun = Date.now()
      const next = startWorker(place, org)
      await org.waitUntil(() => calls().length > before)
      // It asks for the owner and reads a user first, a second each. Who is dead is known only after 20 s.
      expect(Date.now() - begun).toBeLessThan(12_000)
      next.kill('SIGTERM')
      expect((await next.ended).code).toBe(143)
    })
  })

  it('that dies while it submits what is due leaves that to another one within about 30 s', async () => {
    await withWorkplace(async (place) => {
      const users = makeUsers({ count: 1 })
      const [user = ''] = users.map(({ id }) => id)
      const org = await place.org({ users })
      // It takes some seconds to check.
      await place.write('in.csv', usersCsv(makeUsers({ count: 200_000 }).map(({ id }) => id)))
      await place.write('job.yaml', 'name: nightly\naction: suspend\ninput: { file: in.csv }\n')
      const every = ['submit', '--job', 'job.yaml', '--every', '*/2 * * * * *', '--yes']
      const begun = await place.run(org, every, { env: env() })
      expect(begun.code, begun.stderr).toBe(0)
      expect(org.requests).toEqual([])
      const dying = startWorker(place, org)
      const isTaken = 'SELECT 1 FROM okta_lifecycle.schedule WHERE org_url = $1 AND taken_until IS NOT NULL'
      while ((await ask(isTaken, [org.url])).length === 0) await delay(20)
      dying.kill('SIGKILL')
      const killedAt = Date.now()
      await place.write('in.csv', usersCsv([user]))
      expect(await ask('SELECT 1 FROM okta_lifecycle.run WHERE org_url = $1', [org.url])).toEqual([])
      const other = startWorker(place, org)
      const isThere = 'SELECT 1 FROM okta_lifecycle.run WHERE org_url = $1'
      while ((await ask(isThere, [org.url])).length === 0) await delay(200)
      // A slow machine takes some seconds to start the other one and to check.
      const { stdout, stderr } = other.printed
      expect(Date.now() - killedAt, stdout + stderr).toBeLessThan(60_000)
      await org.waitUntil(() => org.applied[`${user} suspend`] === 1)
      other.kill('SIGTERM')
      expect((await other.ended).code).toBe(143)
    })
  })
})
