import { type Database, leaveRestored, openDatabase } from './database.ts'
import { postgresBudgets } from './postgres-budgets.ts'
import { postgresClaims } from './postgres-claims.ts'
import { postgresFiles } from './postgres-files.ts'
import { postgresRuns } from './postgres-runs.ts'
import { postgresSchedules } from './postgres-schedules.ts'
import { postgresWorkers } from './postgres-workers.ts'
import type { StoreUrl } from './store-url.ts'
import type { Tables } from './tables.ts'

/**
 * Opens a store, as {@link openDatabase} does.
 *
 * @param connections the most connections at once
 * @throws what {@link openDatabase} throws
 */
export async function openTables(url: StoreUrl, connections: number): Promise<Tables> {
  return postgresTables(await openDatabase(url, connections))
}

/** The tables of an open database. */
export function postgresTables(database: Database): Tables {
  return {
    url: database.url,
    restored: database.restored,
    leaveRestored: () => leaveRestored(database),
    claims: postgresClaims(database),
    runs: { ...postgresRuns(database), ...postgresFiles(database) },
    schedules: postgresSchedules(database),
    workers: postgresWorkers(database),
    budgets: postgresBudgets(database),
    close: database.close,
  }
}
