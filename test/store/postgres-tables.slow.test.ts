import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { scheduleId } from '../../src/store/schedule.ts'
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
    return { tables: postgresTables(database), pass: async (ms) => await delay(ms) }
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
    expect((await open()).restored).toEqual({ runs: 0, schedules: 0 })
    // What pg_restore --data-only does: another transaction writes the same rows into the same tables.
    for (const statement of [
      'CREATE TABLE dump AS SELECT * FROM okta_lifecycle.identity',
      'TRUNCATE okta_lifecycle.identity',
      'INSERT INTO okta_lifecycle.identity SELECT * FROM dump',
      'DROP TABLE dump',
    ])
      await database.query(statement)
    expect((await open()).restored).toEqual({ runs: 0, schedules: 1 })
    expect((await open()).restored).toEqual({ runs: 0, schedules: 0 })
    const [known] = await postgresTables(database).schedules.all()
    expect(known?.last.error).toContain('restored from an older copy')
    // A time of before the restore that is told now counts as seen to.
    const id = scheduleId(schedule)
    await postgresTables(database).schedules.noteDue(id, new Date(Date.now() - 60_000))
    expect(await postgresTables(database).schedules.takeDue([schedule.orgUrl])).toBeNull()
  })
})
