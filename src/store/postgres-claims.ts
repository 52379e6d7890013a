import type { Database, Query, Row } from './database.ts'
import { type ClaimRow, type NotClaimed, whyNotClaimed } from './may-claim.ts'
import { leaveRun } from './postgres-restored.ts'
import { flagOf, numberOf, textOf, timeOf } from './row.ts'
import { isOriginal, signatureOf } from './schema.ts'
import type { ClaimTable } from './tables.ts'

/** The columns of a {@link ClaimRow}. */
const columns = `run_id, epoch, holder, host, wanted, created_at, org_url, lock_job,
  claimed_until >= clock_timestamp() AS held, ${isOriginal('run')} AS is_original`

/**
 * The fence: a condition on a run's row that only the holder of a claim meets, with its run, epoch and holder as $1 to $3.
 * A store that was set back may give an epoch twice, but not to one holder.
 */
export const underClaim = `run.run_id = $1 AND run.epoch = $2 AND run.holder = $3 AND ${isOriginal('run')}`

const signed = `signature = ${signatureOf('run')}`

/** Who holds which run. */
export function postgresClaims({ query, transaction }: Database): ClaimTable {
  return {
    take: (runId, claimant, only, forMs) =>
      transaction(async (inside): Promise<number | NotClaimed> => {
        const row = await jobLocked(inside, runId)
        const ofJob = row === undefined ? [] : await runsOfJob(inside, row)
        const run = row === undefined ? null : claimRow(row)
        const why = whyNotClaimed(run, ofJob, claimant, only)
        if (why !== null) return why
        const [taken] = await inside(
          `UPDATE okta_lifecycle.run
              SET epoch = epoch + 1, holder = $2, host = $3, claimed_at = clock_timestamp(),
                  claimed_until = clock_timestamp() + $4 * interval '1 ms', ${signed}
            WHERE run_id = $1 AND ${isOriginal('run')} RETURNING epoch`,
          [runId, claimant.holder, claimant.host, forMs],
        )
        return taken === undefined ? { kind: 'gone', run: null, host: null } : numberOf(taken, 'epoch')
      }),
    renew: async ({ runId, epoch, holder }, forMs) => {
      const renewed = await query(
        `UPDATE okta_lifecycle.run SET claimed_until = clock_timestamp() + $4 * interval '1 ms', ${signed}
          WHERE ${underClaim} RETURNING 1`,
        [runId, epoch, holder, forMs],
      )
      return renewed.length > 0
    },
    release: ({ runId, epoch, holder }) =>
      transaction(async (inside) => {
        await inside(
          `DELETE FROM okta_lifecycle.run WHERE ${underClaim} AND journal_bytes = 0
              AND NOT EXISTS (SELECT 1 FROM okta_lifecycle.run_file f WHERE f.run_id = run.run_id)`,
          [runId, epoch, holder],
        )
        await inside(
          `UPDATE okta_lifecycle.run SET claimed_until = NULL, holder = NULL, host = NULL, ${signed}
            WHERE ${underClaim}`,
          [runId, epoch, holder],
        )
      }),
  }
}

/**
 * A run, with its job locked first, and then its row. Undefined if there is no such run. One that was put back from an older
 * copy is left to people before anything is asked of it: nothing can change the row in between.
 */
async function jobLocked(query: Query, runId: string): Promise<Row | undefined> {
  const [known] = await query('SELECT org_url, lock_job FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  if (known === undefined) return undefined
  const job = textOf(known, 'lock_job')
  if (job !== null) await lockJob(query, textOf(known, 'org_url'), job)
  const locked = async (): Promise<Row | undefined> => {
    const [row] = await query(`SELECT ${columns} FROM okta_lifecycle.run WHERE run_id = $1 FOR UPDATE`, [
      runId,
    ])
    return row
  }
  const row = await locked()
  if (row === undefined || flagOf(row, 'is_original')) return row
  await leaveRun(query, runId)
  return await locked()
}

/** Whoever claims a run of a job, or begins its work, waits here for the others. */
export async function lockJob(query: Query, org: string | null, job: string): Promise<void> {
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [JSON.stringify([org, job])])
}

async function runsOfJob(query: Query, row: Row): Promise<readonly ClaimRow[]> {
  const job = textOf(row, 'lock_job')
  return job === null ? [] : await activeOfJob(query, textOf(row, 'org_url'), job)
}

/** The runs of a job that are held, or that workers may take. */
export async function activeOfJob(
  query: Query,
  org: string | null,
  job: string,
): Promise<readonly ClaimRow[]> {
  const rows = await query(
    `SELECT ${columns} FROM okta_lifecycle.run
      WHERE org_url = $1 AND lock_job = $2 AND (wanted OR claimed_until >= clock_timestamp())`,
    [org, job],
  )
  return rows.map(claimRow)
}

function claimRow(row: Row): ClaimRow {
  return {
    runId: textOf(row, 'run_id') ?? '',
    holder: textOf(row, 'holder'),
    host: textOf(row, 'host'),
    isHeld: flagOf(row, 'held'),
    isWanted: flagOf(row, 'wanted'),
    createdAt: timeOf(row, 'created_at'),
  }
}
