import { onTestFinished } from 'vitest'
import { connectTo, type Database, openDatabase, type Query } from '../../src/store/database.ts'
import { migrations } from '../../src/store/schema.ts'
import { parseStoreUrl } from '../../src/store/store-url.ts'
import type { Postgres } from '../support/postgres.ts'

/** The databases of a test that needs some of its own. */
export interface OwnDatabases {
  /** Asks the cluster's first database. */
  readonly admin: Query
  readonly urlOf: (name: string) => string
  /** Opens a store, which is closed after the test. */
  readonly open: (name: string) => Promise<Database>
  /** Connects to a database as it is, until the test ends. */
  readonly connect: (name: string) => Database
  /** A new store as a version left it that had so many steps. */
  readonly older: (name: string, steps: number) => Promise<Database>
  /** Ends all connections to a database, and keeps new ones out while the work is done. */
  readonly alone: (name: string, work: () => Promise<void>) => Promise<void>
}

export function ownDatabases({ url }: Postgres): OwnDatabases {
  const urlOf = (name: string): string => {
    const own = new URL(url)
    own.pathname = `/${name}`
    return own.href
  }
  const connectToUrl = (address: string): Database => {
    const database = connectTo(parseStoreUrl(address), 4)
    onTestFinished(async () => await database.close())
    return database
  }
  const { query: admin } = connectToUrl(url)
  const connect = (name: string): Database => connectToUrl(urlOf(name))
  return {
    admin,
    urlOf,
    connect,
    open: async (name) => {
      const database = await openDatabase(parseStoreUrl(urlOf(name)), 4)
      onTestFinished(async () => await database.close())
      return database
    },
    older: async (name, steps) => {
      await admin(`CREATE DATABASE ${name}`)
      const database = connect(name)
      await database.query('CREATE SCHEMA okta_lifecycle')
      await database.query('CREATE TABLE okta_lifecycle.migration (step int PRIMARY KEY)')
      for (const [index, step] of migrations.slice(0, steps).entries()) {
        await database.query(step)
        await database.query('INSERT INTO okta_lifecycle.migration VALUES ($1)', [index + 1])
      }
      return database
    },
    alone: async (name, work) => {
      await admin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      await admin('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name])
      await work()
      await admin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    },
  }
}

/** Puts the rows of a table back as a dump of the data alone does, in another transaction than the one that wrote them. */
export async function putBack({ transaction }: Database, table: string, from = 'dump'): Promise<void> {
  await transaction(async (query) => {
    await query(`DELETE FROM okta_lifecycle.${table}`)
    await query(`INSERT INTO okta_lifecycle.${table} SELECT * FROM ${from}`)
  })
}
