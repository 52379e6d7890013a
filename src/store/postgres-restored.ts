import type { Database, Query, Row } from './database.ts'
import { textOf } from './row.ts'

/**
 * What a dump can't bring back with it: the cluster, the database and the table are made anew when it is restored, and where
 * only the data is put back, the row is written by another transaction than the one that it names. A file-level copy of a
 * cluster, as for a standby, keeps all of it.
 */
const markStatement = `SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' ||
  'okta_lifecycle.run'::regclass::oid AS mark`

/** No run has so many claims. */
const epochsAhead = 1_000_000

/** What `runs` says of a schedule in a store that was restored. */
const restoredSchedule =
  'the store was restored from an older copy, which does not know what was submitted since. What was due before the restore is not submitted again → For a time that was missed: okta-lifecycle submit --job FILE'

/** How many runs, and schedules, were left to people just now because the store is a restored copy. */
export interface Restored {
  readonly runs: number
  readonly schedules: number
}

export const nothingRestored: Restored = { runs: 0, schedules: 0 }

/**
 * Finds out whether the store was restored from a dump since it was last used. If so, its unfinished runs are left to
 * people: they may have sent calls that the copy knows nothing of. So are the times of schedules that were due before: they
 * may have been submitted, in runs that the copy knows nothing of.
 */
export async function leaveRestoredToPeople({ query, transaction }: Database): Promise<Restored> {
  const cluster = await query('SELECT system_identifier FROM pg_control_system()').then(
    ([row]) => String(row?.system_identifier),
    // Not every user may ask for it.
    () => 'unknown',
  )
  return await transaction(async (inside) => {
    const mark = `${cluster}/${await markOf(inside)}`
    // A dump of the data alone brings its own mark into tables that have one. Earlier versions did not note who wrote it.
    const known = await inside(
      `SELECT mark, written_by IS NULL AS is_older, written_by = xmin::text AS is_original
         FROM okta_lifecycle.identity FOR UPDATE`,
    )
    const isOurs = (row: Row): boolean =>
      textOf(row, 'mark') === mark && (row.is_older === true || row.is_original === true)
    const isCopy = known.length > 0 && !known.every(isOurs)
    if (known.length === 1 && !isCopy && known[0]?.is_original === true) return nothingRestored
    await inside('DELETE FROM okta_lifecycle.identity')
    await inside('INSERT INTO okta_lifecycle.identity VALUES ($1, (txid_current() % 4294967296)::text)', [
      mark,
    ])
    if (!isCopy) return nothingRestored
    // A worker that sleeps may still have a claim of before. No claim that comes now has its epoch.
    await inside(`UPDATE okta_lifecycle.run SET epoch = epoch + ${epochsAhead}, claimed_until = NULL`)
    const left = await inside(
      `UPDATE okta_lifecycle.run SET restored = true, wanted = false
        WHERE state NOT IN ('finished', 'closed') RETURNING 1`,
    )
    const schedules = await inside(
      `UPDATE okta_lifecycle.schedule
          SET last_due = clock_timestamp(), last_run = NULL, last_error = $1, due_at = NULL, taken_until = NULL,
              taking = taking + ${epochsAhead} RETURNING 1`,
      [restoredSchedule],
    )
    return { runs: left.length, schedules: schedules.length }
  })
}

async function markOf(query: Query): Promise<string> {
  const [row] = await query(markStatement)
  return String(row?.mark)
}
