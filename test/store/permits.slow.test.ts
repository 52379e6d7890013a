import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRow } from '../../src/budget/row-text.ts'
import { HoldLost } from '../../src/files/hold/hold.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { signatureOf } from '../../src/store/schema.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { ModelCounter } from '../budget/model-server.ts'
import { deferred, lifecycle } from '../budget/pacing.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { ledgerOf, startRun } from './shared-budget.ts'

const cluster = await privateCluster()
const { missing } = cluster
/** A window is open for a second more. */
const windowSeconds = 3
const limit = 100
const share = limit / 2
const need = { workLeft: 1, silent: 0 }

let database: Database

beforeAll(async () => {
  if (missing !== null) return
  database = await open(cluster.postgres)
})
afterAll(async () => {
  if (missing !== null) return
  await database.close()
})
async function open({ url }: Postgres): Promise<Database> {
  return await openDatabase(parseStoreUrl(url), 8)
}

/** An org of a test's own: tests share the database. */
function newOrg(): string {
  return `https://${randomUUID()}.okta.com`
}

function newCounter(): ModelCounter {
  return new ModelCounter({ windowSeconds, limitOf: () => limit })
}

/** A neighbour that uses this part of the limit, evenly. Returns how to end it. */
function startNeighbour(counter: ModelCounter, part: number): () => void {
  const timer = setInterval(
    () => counter.arrive(Date.now(), 'others'),
    ((windowSeconds + 1) * 1000) / (limit * part),
  )
  return () => clearInterval(timer)
}

async function untilWindow(counter: ModelCounter, count: number): Promise<void> {
  while (counter.windows.length < count) await delay(50)
}

async function rowNow(on: Database, org: string): Promise<NonNullable<ReturnType<typeof readRow>>> {
  const [found] = await on.query('SELECT budget FROM okta_lifecycle.bucket WHERE bucket = $1 AND org = $2', [
    lifecycle,
    org,
  ])
  const row = readRow(String(found?.budget))
  if (row === null) throw new Error('The row can not be read.')
  return row
}

// Most of their time is spent waiting for windows to end, so that they wait together.
describe.skipIf(missing !== null).concurrent('the budget that runs of a store share, over time', () => {
  it('is used up by three runs of two workers in about equal parts, beside a neighbour that takes 40%', async () => {
    const org = newOrg()
    const other = await open(cluster.postgres)
    const counter = newCounter()
    const end = startNeighbour(counter, 0.4)
    // The less a run knows about Okta's time, the later it sees what may be sent.
    const runs = [
      startRun(postgresTables(database), counter, { org, holder: 'one:1', rows: 10 }),
      startRun(postgresTables(database), counter, { org, holder: 'two:1', rows: 10, behindMs: 300 }),
      startRun(postgresTables(other), counter, { org, holder: 'three:1', rows: 4, behindMs: 900 }),
    ]
    await untilWindow(counter, 8)
    end()
    await Promise.all(runs.map((run) => run.stop()))
    await other.close()
    expect(runs.flatMap(({ errors }) => errors)).toEqual([])
    const whole = counter.windows.slice(2, 7)
    const used = whole.map(({ ours }) => ours)
    expect(whole.map(({ refusedOthers, refusedOurs }) => refusedOthers + refusedOurs)).toEqual(
      whole.map(() => 0),
    )
    expect(Math.max(...used)).toBeLessThanOrEqual(share)
    expect(used.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(0.9 * share * whole.length)
    for (const { sent } of runs) {
      for (const count of whole.map((_, index) => sent[index + 2] ?? 0))
        expect(count).toBeGreaterThanOrEqual(8)
    }
  })

  it('goes on after the database was away for five seconds, and is never exceeded', async ({
    onTestFinished,
  }) => {
    const org = newOrg()
    // Of its own, because others use the other one meanwhile.
    const away = await startPostgres()
    onTestFinished(async () => await away.remove())
    const store = await open(away)
    onTestFinished(async () => await store.close())
    const counter = newCounter()
    const runs = [
      startRun(postgresTables(store), counter, { org, holder: 'one:1', rows: 10 }),
      startRun(postgresTables(store), counter, { org, holder: 'two:1', rows: 10 }),
    ]
    await untilWindow(counter, 3)
    await delay(1_000)
    await away.stop()
    const before = counter.windows.length
    await delay(5_000)
    await away.start()
    await untilWindow(counter, before + 4)
    await Promise.all(runs.map((run) => run.stop()))
    expect(runs.flatMap(({ errors }) => errors)).toEqual([])
    for (const { ours, refusedOurs } of counter.windows)
      expect([ours <= share, refusedOurs]).toEqual([true, 0])
    expect(counter.windows.at(-2)?.ours).toBeGreaterThanOrEqual(0.9 * share)
    expect((await rowNow(store, org)).holders).toEqual({})
  })

  it('gets back what a killed process had out', async ({ onTestFinished }) => {
    const org = newOrg()
    const counter = newCounter()
    const run = startRun(postgresTables(database), counter, { org, holder: 'one:1', rows: 10 })
    await untilWindow(counter, 2)
    const directory = await mkdtemp(join(import.meta.dirname, '.built-'))
    onTestFinished(async () => await rm(directory, { recursive: true, force: true }))
    const child = await startHolder(directory, org, 10)
    expect(child.permits).toBeGreaterThan(0)
    child.kill()
    const killedAt = Date.now()
    while (Object.keys((await rowNow(database, org)).holders).includes('killed:1')) await delay(100)
    expect(Date.now() - killedAt).toBeLessThan(22_000)
    // They may have arrived in the window that follows, and in none after it.
    await untilWindow(counter, counter.windows.length + 3)
    await run.stop()
    expect(counter.windows.at(-2)?.ours).toBeGreaterThanOrEqual(0.9 * share)
    expect(run.errors).toEqual([])
  })
})

describe.skipIf(missing !== null)('the budget that runs of a store share', () => {
  it('is not locked for long by a process that is paused in the middle of its transaction', async () => {
    const org = newOrg()
    const { promise: isOver, resolve: wake } = deferred<void>()
    const paused: Database = {
      ...database,
      transaction: (work) =>
        database.transaction((query) =>
          work(async (statement, values) => {
            const rows = await query(statement, values)
            if (statement.includes('FOR UPDATE')) await isOver
            return rows
          }),
        ),
    }
    const ledger = ledgerOf(postgresTables(database), { org, holder: 'one:1' })
    const [permit] = await ledger.lease(lifecycle, 1, need)
    expect(permit).toMatchObject({ probe: true })
    const other = ledgerOf(postgresTables(paused), { org, holder: 'paused:1' })
    const otherLeases = other.lease(lifecycle, 1, need)
    await delay(200)
    const begun = Date.now()
    ledger.settle(lifecycle, { probe: true }, { kind: 'unused' }, Date.now())
    expect(await ledger.lease(lifecycle, 1, need)).toHaveLength(1)
    expect(Date.now() - begun).toBeLessThan(5_000)
    await ledger.close()
    // When it wakes, its connection is gone, and it asks again.
    const closing = other.close()
    wake()
    await Promise.all([otherLeases, closing])
  })

  it('gives nothing to whoever lost the run, and waits while the claim must be renewed', async () => {
    const org = newOrg()
    const claimed = (interval: string, epoch: number): Promise<unknown> =>
      database.query(
        `INSERT INTO okta_lifecycle.run (run_id, epoch, holder, claimed_until, signature)
         VALUES ('r', $2, 'one', clock_timestamp() + $1::interval, ${signatureOf('run')})
         ON CONFLICT (run_id) DO UPDATE SET epoch = excluded.epoch, claimed_until = excluded.claimed_until,
           signature = excluded.signature`,
        [interval, epoch],
      )
    await claimed('-1 second', 3)
    const ledger = ledgerOf(postgresTables(database), {
      org,
      holder: 'r:3',
      claim: { runId: 'r', epoch: 3, holder: 'one' },
    })
    let leased: unknown = null
    const leasing = ledger.lease(lifecycle, 1, need).then((permits) => {
      leased = permits
    })
    await delay(600)
    expect(leased).toBeNull()
    await claimed('15 seconds', 3)
    await leasing
    expect(leased).toMatchObject([{ probe: true }])
    ledger.settle(lifecycle, { probe: true }, { kind: 'unused' }, Date.now())
    await claimed('15 seconds', 4)
    await expect(ledger.lease(lifecycle, 1, need)).rejects.toBeInstanceOf(HoldLost)
    expect((await rowNow(database, org)).holders['r:3']).toMatchObject({ probes: 1 })
    await ledger.close()
  })

  it('is never taken for empty when its row can not be read', async () => {
    const org = newOrg()
    const ledger = ledgerOf(postgresTables(database), { org, holder: 'one:1' })
    await ledger.lease(lifecycle, 1, need)
    await database.query("UPDATE okta_lifecycle.bucket SET budget = '{}' WHERE org = $1", [org])
    const next = ledgerOf(postgresTables(database), { org, holder: 'two:1' })
    await expect(next.lease(lifecycle, 1, need)).rejects.toThrow(
      `The store's row of the budget of /api/v1/users in ${org} is not as this version of okta-lifecycle writes it`,
    )
    const [row] = await database.query('SELECT budget FROM okta_lifecycle.bucket WHERE org = $1', [org])
    expect(row?.budget).toBe('{}')
  })
})

interface ForeignHolder {
  readonly permits: number
  readonly kill: () => void
}

/** Another process that has taken permits and sends nothing. */
async function startHolder(directory: string, org: string, want: number): Promise<ForeignHolder> {
  const outfile = join(directory, 'child.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('permits-child.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
  })
  const child = spawn(process.execPath, [outfile, cluster.postgres.url, org, String(want)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [first] = await once(child.stdout, 'data')
  return { permits: Number(String(first)), kill: () => void child.kill('SIGKILL') }
}
