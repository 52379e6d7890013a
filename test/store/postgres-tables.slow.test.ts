import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Database, leaveRestored as leaveRestoredOf, openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { scheduleId } from '../../src/store/schedule.ts'
import { isOriginal, signatureOf } from '../../src/store/schema.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { privateCluster } from '../support/private-cluster.ts'
import { testTables } from './tables-contract.ts'

const cluster = await privateCluster()
const { missing } = cluster

describe.skipIf(missing !== null)('the tables of PostgreSQL', () => {
  testTables(async () => {
    const database = await openDatabase(parseStoreUrl(cluster.postgres.url), 8)
    onTestFinished(async () => await database.close())
    for (const table of ['run', 'schedule', 'worker', 'bucket'])
      await database.query(`DELETE FROM okta_lifecycle.${table}`)
    return { tables: postgresTables(signing(database)), pass: async (ms) => await delay(ms) }
  })

  it('notice that their data was put back from a dump, and leave runs and schedules to people, once', async () => {
    const open = async (): ReturnType<typeof openDatabase> => {
      const database = await openDatabase(parseStoreUrl(cluster.postgres.url), 2)
      onTestFinished(async () => await database.close())
      return database
    }
    const database = await open()
    for (const table of ['run', 'schedule']) await database.query(`DELETE FROM okta_lifecycle.${table}`)
    const schedule = { job: 'nightly', orgUrl: 'https://org.example.com', pattern: '15 2 * * *' }
    await postgresTables(database).schedules.keep({ ...schedule, timeZone: 'UTC', arguments: {} })
    expect((await open()).restored).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    // What pg_restore --data-only does: another transaction writes the same rows into the same tables.
    for (const statement of [
      'CREATE TABLE dump AS SELECT * FROM okta_lifecycle.identity',
      'TRUNCATE okta_lifecycle.identity',
      'INSERT INTO okta_lifecycle.identity SELECT * FROM dump',
      'DROP TABLE dump',
    ])
      await database.query(statement)
    expect((await open()).restored).toEqual({ isWhole: true, runs: 0, finished: 0, schedules: 1 })
    expect((await open()).restored).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    const [known] = await postgresTables(database).schedules.all()
    expect(known?.last.error).toContain('restored from an older copy')
    // A time of before the restore that is told now counts as seen to.
    const id = scheduleId(schedule)
    await postgresTables(database).schedules.noteDue(id, new Date(Date.now() - 60_000))
    expect(await postgresTables(database).schedules.takeDue([schedule.orgUrl])).toBeNull()
  })

  it('notice single rows that were put back while a worker has them, and none that was only vacuumed', async () => {
    const database = await openDatabase(parseStoreUrl(cluster.postgres.url), 4)
    onTestFinished(async () => await database.close())
    const { query } = database
    for (const table of ['run', 'schedule']) await query(`DELETE FROM okta_lifecycle.${table}`)
    const { runs, claims, schedules, leaveRestored } = postgresTables(database)
    const [org, worker] = ['https://org.example.com', { holder: 'one/1', host: 'one' }]
    await runs.begin('r')
    const epoch = Number(await claims.take('r', worker, 'any', 60_000))
    const claim = { runId: 'r', epoch, holder: worker.holder }
    await query(
      `UPDATE okta_lifecycle.run SET wanted = true, state = 'running', org_url = $1, signature = ${signatureOf('run')}`,
      [org],
    )
    const schedule = { job: 'nightly', orgUrl: org, pattern: '15 2 * * *', timeZone: 'UTC', arguments: {} }
    await schedules.keep(schedule)
    for (const table of ['run', 'schedule']) await query(`VACUUM (FULL, FREEZE) okta_lifecycle.${table}`)
    expect(await claims.renew(claim, 60_000)).toBe(true)
    expect(await runs.look('r')).toMatchObject({ isRestored: false, isWanted: true })

    for (const table of ['run', 'schedule'])
      for (const statement of [
        `CREATE TABLE dump AS SELECT * FROM okta_lifecycle.${table}`,
        `DELETE FROM okta_lifecycle.${table}`,
        `INSERT INTO okta_lifecycle.${table} SELECT * FROM dump`,
        'DROP TABLE dump',
      ])
        await query(statement)
    expect(await claims.renew(claim, 60_000)).toBe(false)
    expect(await runs.append(claim, 0, Buffer.from('line'))).toBe(false)
    await claims.release(claim)
    // Whoever looks first what may be taken leaves it to people.
    expect(await leaveRestored()).toEqual({ isWhole: false, runs: 1, finished: 0, schedules: 1 })
    expect(await leaveRestored()).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    expect(await runs.open([org])).toEqual([])
    expect(await runs.look('r')).toMatchObject({ isRestored: true, isWanted: false, heldForMs: null })
    expect(await claims.take('r', worker, 'wanted', 60_000)).toMatchObject({ kind: 'held' })
    expect(await claims.take('r', worker, 'any', 60_000)).toBeGreaterThan(epoch + 1)

    const id = scheduleId(schedule)
    await schedules.noteDue(id, new Date(Date.now() - 60_000))
    expect(await schedules.takeDue([org])).toBeNull()
    expect((await schedules.all())[0]?.last.error).toContain('restored from an older copy')
    await delay(5)
    expect(await schedules.noteDue(id, new Date(await schedules.now()))).toBe(true)
    expect(await schedules.takeDue([org])).not.toBeNull()
  })

  it('notice the rows of a dump that does not say who wrote them', async () => {
    const database = await openDatabase(parseStoreUrl(cluster.postgres.url), 2)
    onTestFinished(async () => await database.close())
    await database.query('DELETE FROM okta_lifecycle.run')
    await database.query(
      `INSERT INTO okta_lifecycle.run (run_id, wanted, state) VALUES ('r', true, 'running')`,
    )
    const { leaveRestored, runs } = postgresTables(database)
    expect(await leaveRestored()).toEqual({ isWhole: false, runs: 1, finished: 0, schedules: 0 })
    expect(await runs.look('r')).toMatchObject({ isRestored: true, isWanted: false })
  })

  it('are the same to a user who may not ask for the number of the cluster', async () => {
    const opened = async (url: string): Promise<unknown> => {
      const database = await openDatabase(parseStoreUrl(url), 2)
      onTestFinished(async () => await database.close())
      return database.restored
    }
    const { url } = cluster.postgres
    const owner = await openDatabase(parseStoreUrl(url), 2)
    onTestFinished(async () => await owner.close())
    for (const statement of [
      'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC',
      'CREATE ROLE plain LOGIN',
      'GRANT USAGE ON SCHEMA okta_lifecycle TO plain',
      'GRANT ALL ON ALL TABLES IN SCHEMA okta_lifecycle TO plain',
    ])
      await owner.query(statement)
    const plain = new URL(url)
    plain.username = 'plain'
    expect(await opened(plain.href)).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    expect(await opened(url)).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
    expect(await opened(plain.href)).toEqual({ isWhole: false, runs: 0, finished: 0, schedules: 0 })
  })

  it('can’t be told from a copy where the question fails, and nothing is left to people then', async () => {
    const broken = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    const asked: string[] = []
    const opened = await openDatabase(parseStoreUrl(cluster.postgres.url), 2)
    onTestFinished(async () => await opened.close())
    const database: Database = {
      ...opened,
      query: async (statement) => {
        asked.push(statement)
        throw broken
      },
      transaction: async () => {
        throw new Error('Nothing may be changed.')
      },
    }
    await expect(leaveRestoredOf(database)).rejects.toBe(broken)
    expect(asked).toHaveLength(1)
  })
})

/** A database in which it is an error that a statement leaves a row without its signature. */
function signing(database: Database): Database {
  const check = async (): Promise<void> => {
    for (const table of ['run', 'schedule'] as const) {
      const unsigned = `SELECT 1 FROM okta_lifecycle.${table} WHERE NOT ${isOriginal(table)}`
      expect(await database.query(unsigned), `rows of ${table} that are not signed`).toEqual([])
    }
  }
  return {
    ...database,
    query: async (statement, values) => {
      const rows = await database.query(statement, values)
      await check()
      return rows
    },
    transaction: async (work) => {
      const done = await database.transaction(work)
      await check()
      return done
    },
  }
}
