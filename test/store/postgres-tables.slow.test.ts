import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { postgresTables } from '../../src/store/postgres-tables.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import { type Postgres, startPostgres, whyNoPostgres } from '../support/postgres.ts'
import { testTables } from './tables-contract.ts'

const missing = await whyNoPostgres()

let postgres: Postgres

beforeAll(async () => {
  if (missing === null) postgres = await startPostgres()
})
afterAll(async () => {
  if (missing === null) await postgres.remove()
})

describe.skipIf(missing !== null)('the tables of PostgreSQL', () => {
  testTables(async () => {
    const database = await openDatabase(parseStoreUrl(postgres.url), 8)
    onTestFinished(async () => await database.close())
    for (const table of ['run', 'schedule', 'worker', 'bucket'])
      await database.query(`DELETE FROM okta_lifecycle.${table}`)
    return { tables: postgresTables(database), pass: async (ms) => await delay(ms) }
  })
})
