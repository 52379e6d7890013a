import type { Query, Row } from './database.ts'
import { textOf } from './row.ts'
import { isOriginal, signatureOf, writer } from './schema.ts'
import type { Restored } from './tables.ts'

/**
 * What a dump can't bring back with it: the cluster, the database and the table are made anew when it is restored, and where
 * only the data is put back, the row is written by another transaction than the one that it names. A file-level copy of a
 * cluster, as for a standby, keeps all of it.
 */
const tablesMark = `(SELECT oid FROM pg_database WHERE datname = current_database()) || '/' ||
  coalesce(to_regclass('okta_lifecycle.run')::oid::text, 'none')`

/** PostgreSQL's code for what a user may not do. */
const noPrivilege = '42501'

/**
 * An epoch of a run, or a taking of a schedule, that none was before, nor is after another restore: copies have the same
 * number, however often they are put back. None counts to a million, and no two restores come in one microsecond.
 */
function never(number: 'epoch' | 'taking'): string {
  return `greatest(${number} + 1000000, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)`
}

/** What `runs` says of a schedule in a store that was restored. */
const restoredError =
  'the store was restored from an older copy, which does not know what was submitted since. What was due before the restore is not submitted again → For a time that was missed: okta-lifecycle submit --job FILE'

export const nothingRestored: Restored = { isWhole: false, runs: 0, finished: 0, schedules: 0 }

/** What the mark of a store says, as it was before anything was changed. */
export interface MarkSeen {
  /** Whether the store is a copy of the one that the mark was written in. */
  readonly isCopy: boolean
  /** The mark to write; null if it is there. */
  readonly write: string | null
}

/**
 * Looks whether the store was restored from a dump since it was last used, or is a copy of its database inside the cluster.
 * To be done before a row is signed: what is signed looks as if it had been written here.
 *
 * @param cluster the number of the cluster, see {@link clusterOf}
 */
export async function lookAtMark(query: Query, cluster: string | null): Promise<MarkSeen> {
  const seen = await readMark(query, cluster, '')
  // Nobody waits for anybody as long as there is nothing to do.
  return seen.isCopy || seen.write !== null ? await readMark(query, cluster, 'FOR UPDATE') : seen
}

async function readMark(query: Query, cluster: string | null, lock: '' | 'FOR UPDATE'): Promise<MarkSeen> {
  // A dump of the data alone brings its own mark into tables that have one. Earlier versions did not note who wrote it.
  const known = await query(
    `SELECT mark, ${tablesMark} AS tables, to_jsonb(identity) ->> 'written_by' IS NULL AS is_older,
            to_jsonb(identity) ->> 'written_by' = xmin::text AS is_original
       FROM okta_lifecycle.identity ${lock}`,
  )
  const mark: Mark = { cluster, tables: textOf(known[0] ?? (await tablesOf(query)), 'tables') ?? '' }
  const isOurs = (row: Row): boolean =>
    isSame(markOf(textOf(row, 'mark')), mark) && (row.is_older === true || row.is_original === true)
  const isCopy = known.length > 0 && !known.every(isOurs)
  const before = isCopy || known.length !== 1 ? null : markOf(textOf(known[0] ?? {}, 'mark'))
  const isComplete = before?.cluster !== null || cluster === null
  const isKept = before !== null && known[0]?.is_original === true && isComplete
  return {
    isCopy,
    write: isKept ? null : `${cluster ?? before?.cluster ?? unknownCluster}/${mark.tables}`,
  }
}

/**
 * Leaves to people what was put back from an older copy, in the transaction in which that was looked at. Of a store that is
 * a copy these are all runs: unfinished ones may have sent calls that the copy knows nothing of, and finished ones may have
 * been retried or taken back. So are the times of schedules that were due before: they may have been submitted, in runs that
 * the copy knows nothing of.
 */
export async function leaveRestoredToPeople(query: Query, { isCopy, write }: MarkSeen): Promise<Restored> {
  const runs = isCopy ? await leaveRuns(query, 'true') : await leaveCopiedRuns(query)
  const schedules = isCopy ? await leaveSchedules(query, 'true') : await leaveCopiedSchedules(query)
  const left: Restored = { isWhole: isCopy, ...runs, schedules }
  if (write === null) return left
  await query('DELETE FROM okta_lifecycle.identity')
  await query(`INSERT INTO okta_lifecycle.identity VALUES ($1, ${writer})`, [write])
  return left
}

/** Where the journal of a run ends. Where its row alone was put back, that says an earlier place. */
const journalEnd = `coalesce((SELECT at_byte + length(bytes) FROM okta_lifecycle.journal
                              WHERE journal.run_id = run.run_id ORDER BY at_byte DESC LIMIT 1), 0)`

/**
 * Leaves runs to people that were put back from an older copy, while workers go on, or without the rest of the store.
 *
 * @param which a condition on the rows
 * @returns how many there were
 */
async function leaveRuns(
  query: Query,
  which: string,
  values: readonly unknown[] = [],
): Promise<Pick<Restored, 'runs' | 'finished'>> {
  // A worker that sleeps may still have a claim of before. No claim that comes now has its epoch.
  const left = await query(
    `UPDATE okta_lifecycle.run
        SET epoch = ${never('epoch')}, holder = NULL, host = NULL, claimed_until = NULL,
            restored = true, wanted = wanted AND state IN ('finished', 'closed'),
            journal_bytes = greatest(journal_bytes, ${journalEnd}), signature = ${signatureOf('run')}
      WHERE ${which} RETURNING state`,
    values,
  )
  const states = left.map((row) => textOf(row, 'state'))
  const finished = states.filter((state) => state === 'finished').length
  return { runs: states.filter((state) => state !== 'closed').length - finished, finished }
}

async function leaveSchedules(query: Query, which: string): Promise<number> {
  const left = await query(
    `UPDATE okta_lifecycle.schedule
        SET last_due = clock_timestamp(), last_run = NULL, last_error = $1, due_at = NULL, taken_until = NULL,
            taking = ${never('taking')}, signature = ${signatureOf('schedule')}
      WHERE ${which} RETURNING 1`,
    [restoredError],
  )
  return left.length
}

/**
 * Leaves the unfinished runs to people whose rows were put back from an older copy. To be done before runs are taken. A
 * finished one is noticed once a command claims it.
 *
 * @returns how many there were
 */
async function leaveCopiedRuns(query: Query): Promise<Pick<Restored, 'runs' | 'finished'>> {
  return await leaveRuns(query, `state NOT IN ('finished', 'closed') AND NOT ${isOriginal('run')}`)
}

/** Leaves a run to people whose row was put back, and is locked. */
export async function leaveRun(query: Query, runId: string): Promise<void> {
  await leaveRuns(query, 'run_id = $1', [runId])
}

/** The same for schedules. To be done before one is changed, and before it is asked what is due. */
export async function leaveCopiedSchedules(query: Query): Promise<number> {
  return await leaveSchedules(query, `NOT ${isOriginal('schedule')}`)
}

/** What a store is told from its copy by; `cluster`: null if it could not be found out. */
interface Mark {
  readonly cluster: string | null
  readonly tables: string
}

const unknownCluster = 'unknown'

function markOf(text: string | null): Mark {
  const [cluster = unknownCluster, ...tables] = (text ?? '').split('/')
  return { cluster: cluster === unknownCluster ? null : cluster, tables: tables.join('/') }
}

/** A user who may not ask for the cluster's number does not make another store of it. */
function isSame(one: Mark, other: Mark): boolean {
  const isOtherCluster = one.cluster !== null && other.cluster !== null && one.cluster !== other.cluster
  return one.tables === other.tables && !isOtherCluster
}

/** The number of the cluster; null if this user may not ask for it. Throws the driver's error if the store is away. */
export async function clusterOf(query: Query): Promise<string | null> {
  try {
    const [row] = await query('SELECT system_identifier FROM pg_control_system()')
    return String(row?.system_identifier)
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== noPrivilege) throw error
    return null
  }
}

async function tablesOf(query: Query): Promise<Row> {
  const [row] = await query(`SELECT ${tablesMark} AS tables`)
  return row ?? {}
}
