import { Pool, type PoolClient } from 'pg'
import { Refusal } from '../messages/known-error.ts'
import { checkWhole } from './postgres-damage.ts'
import {
  clusterOf,
  leaveRestoredToPeople,
  lookAtMark,
  type MarkSeen,
  nothingRestored,
} from './postgres-restored.ts'
import { QuietClient } from './quiet-client.ts'
import { migrations, schemaName } from './schema.ts'
import { storeError } from './store-error.ts'
import type { StoreUrl } from './store-url.ts'
import type { Restored } from './tables.ts'

/** Sends one statement and gives its rows. What a row holds is for the statement to say. */
export type Query = (statement: string, values?: readonly unknown[]) => Promise<readonly Row[]>

export type Row = Readonly<Record<string, unknown>>

/** The store's database. What it throws is the driver's error, unless it says otherwise. */
export interface Database {
  readonly url: StoreUrl
  readonly query: Query
  /** Does the work in one transaction, which is undone if the work throws. */
  readonly transaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
  /** What was left to people when the store was opened, because it is a restored copy. */
  readonly restored: Restored
}

/** After this time without an answer a statement counts as lost; the server gives it up a little earlier. */
const answerWithinMs = 10_000
const connectWithinMs = 5_000

/** A number that no other program takes as its advisory lock by chance. */
const migrationLock = 7_284_519_003

/**
 * Opens the store: checks that it commits synchronously, and brings its tables up to date.
 *
 * @param connections the most connections at once
 * @throws Refusal when it commits without waiting for its disk, is newer than this program or lacks something; KnownError
 *   with exit code 3 when it does not answer
 */
export async function openDatabase(url: StoreUrl, connections: number): Promise<Database> {
  const database = connectTo(url, connections)
  try {
    await checkDurable(database)
    return { ...database, restored: await bringUpToDate(database) }
  } catch (error) {
    await database.close()
    throw storeError(url, error)
  }
}

/** Connections to a database, as they are needed. Nothing is checked or changed. */
export function connectTo(url: StoreUrl, connections: number): Database {
  const pool = new Pool({
    connectionString: url.url,
    max: connections,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: answerWithinMs,
    statement_timeout: answerWithinMs - 1_000,
    idle_in_transaction_session_timeout: answerWithinMs,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'okta-lifecycle',
    Client: QuietClient,
  })
  // A connection that breaks while nobody uses it. Whoever needs one next is told.
  pool.on('error', () => {})
  return {
    url,
    query: async (statement, values = []) => (await pool.query(statement, [...values])).rows,
    transaction: async (work) => await inTransaction(await pool.connect(), work),
    close: async () => await pool.end(),
    restored: nothingRestored,
  }
}

async function inTransaction<T>(client: PoolClient, work: (query: Query) => Promise<T>): Promise<T> {
  try {
    await client.query('BEGIN')
    const done = await work(
      async (statement, values = []) => (await client.query(statement, [...values])).rows,
    )
    await client.query('COMMIT')
    client.release()
    return done
  } catch (error) {
    await client.query('ROLLBACK').then(
      () => client.release(),
      // What state the connection is in is not known.
      () => client.release(true),
    )
    throw error
  }
}

/**
 * The settings by which PostgreSQL says "committed" before it is on disk, or before it is where a failover would find it.
 * Each as it stands, such as `fsync = off`.
 *
 * Source: https://www.postgresql.org/docs/15/runtime-config-wal.html
 */
export async function settingsThatForget(query: Query): Promise<readonly string[]> {
  const rows = await query(
    `SELECT name || ' = ' || setting AS setting FROM pg_settings
      WHERE (name IN ('synchronous_commit', 'fsync', 'full_page_writes') AND setting = 'off')
         OR (name = 'synchronous_commit' AND setting IN ('local', 'remote_write')
             AND current_setting('synchronous_standby_names') <> '')`,
  )
  return rows.map(({ setting }) => String(setting))
}

/** @throws Refusal when PostgreSQL says "committed" before it is safe */
async function checkDurable({ query, url }: Database): Promise<void> {
  const [bad] = await settingsThatForget(query)
  if (bad === undefined) return
  throw new Refusal(
    `The store ${url.shown} has ${bad}. After a crash it would have forgotten what was sent, and it would be sent twice.`,
    `Set ${bad.split(' ')[0]} = on for this database, then try again.`,
  )
}

/**
 * Brings the tables up to date, and leaves to people what was put back from an older copy: in one transaction, because what
 * a step has signed does not show any more where it came from.
 */
async function bringUpToDate({ query: ask, transaction, url }: Database): Promise<Restored> {
  const cluster = await clusterOf(ask)
  return await transaction(async (query) => {
    const seen = await migrate(query, url, cluster)
    await checkWhole(query, url)
    return await leaveRestoredToPeople(query, seen)
  })
}

/**
 * Leaves to people what was put back from an older copy since, while this process has gone on.
 *
 * @throws Refusal when the store lacks something, or is one of another version by now; the driver's error
 */
export async function leaveRestored({ query: ask, transaction, url }: Database): Promise<Restored> {
  const cluster = await clusterOf(ask)
  return await transaction(async (query) => {
    await checkWhole(query, url)
    return await leaveRestoredToPeople(query, await lookAtMark(query, cluster))
  })
}

/** Brings the tables up to date, for one process at a time. Returns what the mark says, as it was before. */
async function migrate(query: Query, url: StoreUrl, cluster: string | null): Promise<MarkSeen> {
  // A user that may only read and write rows is enough where the tables are up to date.
  if ((await stepsDone(query)) === migrations.length) return await lookAtMark(query, cluster)
  await query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
  await query(`CREATE SCHEMA IF NOT EXISTS ${schemaName}`)
  await query(`CREATE TABLE IF NOT EXISTS ${schemaName}.migration (step int PRIMARY KEY)`)
  const done = (await stepsDone(query)) ?? 0
  if (done > migrations.length) {
    throw new Refusal(
      `The store ${url.shown} was written by a newer version of okta-lifecycle.`,
      'Use that version, or a newer one.',
    )
  }
  const seen = done === 0 ? null : await lookAtMark(query, cluster)
  for (const [index, step] of migrations.entries()) {
    if (index < done) continue
    await query(step)
    await query(`INSERT INTO ${schemaName}.migration VALUES ($1)`, [index + 1])
  }
  return seen ?? (await lookAtMark(query, cluster))
}

/** How many steps of the tables are there; null if there are no tables yet. */
async function stepsDone(query: Query): Promise<number | null> {
  const [found] = await query('SELECT to_regclass($1) AS migration', [`${schemaName}.migration`])
  if (found?.migration === null) return null
  const [last] = await query(`SELECT coalesce(max(step), 0) AS step FROM ${schemaName}.migration`)
  return Number(last?.step ?? 0)
}
