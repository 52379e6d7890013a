import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nextDue } from '../../src/input/due/cron-times.ts'
import { Announcements, type Listener } from '../../src/store/announcements.ts'
import { openDatabase } from '../../src/store/database.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { endingProxy } from '../support/ending-proxy.ts'
import { privateCluster } from '../support/private-cluster.ts'

const cluster = await privateCluster()

describe.skipIf(cluster.missing !== null)('announcements', () => {
  it('tell again of a time that was due and could not be noted, until it is', async () => {
    const asked: number[] = []
    const announcements = await Announcements.open(parseStoreUrl(cluster.postgres.url), (...of) => {
      asked.push(of[2])
      return nextDue(...of)
    })
    onTestFinished(async () => await announcements.close())
    const told = new Map<number, number>()
    let lost: number | null = null
    const noted = new Promise<void>((resolve) => {
      void announcements.listen({
        runs: 1,
        onRun: async () => 'done',
        onDue: async (_schedule, at) => {
          lost ??= at
          told.set(at, (told.get(at) ?? 0) + 1)
          if (at !== lost) return
          if (told.get(at) === 3) resolve()
          else throw new Error('The store has no free connection.')
        },
      })
    })
    await announcements.schedule('nightly', '* * * * * *', 'UTC')
    await noted
    expect(lost === null ? 0 : told.get(lost)).toBe(3)
    // Each time that follows is reckoned by our own rule as well.
    expect(asked.length).toBeGreaterThan(1)
  })

  it('end no process when a connection is ended in the moment in which it is there', async () => {
    const hear: Listener = { runs: 1, onRun: async () => 'done', onDue: async () => {} }
    let most = 0
    for (let number = 1; number <= Math.max(most, 1); number++) {
      const url = new URL(cluster.postgres.url)
      const proxy = await endingProxy(Number(url.port), number)
      url.hostname = '127.0.0.1'
      url.port = String(proxy.port)
      const store = parseStoreUrl(url.href)
      // Whether the one that was ended is missed is not asked here: an error that nobody hears fails the test.
      await openDatabase(store, 2).then(
        (database) => database.close(),
        () => {},
      )
      const announcements = await Announcements.open(store, nextDue).catch(() => null)
      await announcements?.listen(hear).catch(() => {})
      await announcements?.close().catch(() => {})
      most = Math.max(most, proxy.connections)
      proxy.close()
    }
    expect(most).toBeGreaterThan(4)
  })

  it('have a schedule in time again that a machine whose clock is ahead has put off', async () => {
    const url = parseStoreUrl(cluster.postgres.url)
    const aheadMs = 30 * 86_400_000
    const wrong = await Announcements.open(url, (pattern, zone, at) => nextDue(pattern, zone, at + aheadMs))
    const right = await Announcements.open(url, nextDue)
    onTestFinished(async () => {
      await wrong.close()
      await right.close()
    })
    const client = new Client({ connectionString: url.url })
    await client.connect()
    onTestFinished(async () => await client.end())
    const nexts = async (): Promise<readonly number[]> => {
      const { rows } = await client.query(
        `SELECT next_run_ms FROM okta_lifecycle_queue.scheduler WHERE scheduler_id = 'put-off'`,
      )
      return rows.map((row: Record<string, unknown>) => Number(row.next_run_ms))
    }
    await wrong.schedule('put-off', '15 2 * * *', 'UTC')
    expect((await nexts())[0]).toBeGreaterThan(Date.now() + aheadMs)
    const due = nextDue('15 2 * * *', 'UTC', Date.now())
    await right.keepSchedule('put-off', '15 2 * * *', 'UTC', due)
    expect(await nexts()).toEqual([due])
  })

  it('have a schedule again that is lost, and one that was changed without being kept', async () => {
    const announcements = await Announcements.open(parseStoreUrl(cluster.postgres.url), nextDue)
    onTestFinished(async () => await announcements.close())
    const query = async (text: string): Promise<unknown[]> => {
      const client = new Client({ connectionString: cluster.postgres.url })
      await client.connect()
      return await client
        .query(text)
        .then(({ rows }) => rows)
        .finally(() => client.end())
    }
    const patterns = async (): Promise<unknown[]> =>
      await query("SELECT pattern, tz FROM okta_lifecycle_queue.scheduler WHERE scheduler_id = 'kept'")
    const due = nextDue('15 2 * * *', 'Europe/Berlin', Date.now())
    await announcements.keepSchedule('kept', '15 2 * * *', 'Europe/Berlin', due)
    expect(await patterns()).toEqual([{ pattern: '15 2 * * *', tz: 'Europe/Berlin' }])
    await announcements.schedule('kept', '0 3 * * *', 'UTC')
    await announcements.keepSchedule('kept', '15 2 * * *', 'Europe/Berlin', due)
    expect(await patterns()).toEqual([{ pattern: '15 2 * * *', tz: 'Europe/Berlin' }])
    await announcements.unschedule('kept')
    expect(await patterns()).toEqual([])
  })
})
