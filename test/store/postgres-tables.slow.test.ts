import { setTimeout as delay } from 'node:timers/promises'
import { describe, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
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
})
