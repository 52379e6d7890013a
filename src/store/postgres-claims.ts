import type { Database, Query, Row } from './database.ts'
import { type ClaimRow, type NotClaimed, whyNotClaimed } from './may-claim.ts'
import { leaveCopiedRun } from './postgres-restored.ts'
import { flagOf, numberOf, textOf, timeOf } from './row.ts'
import { isOriginal } from './schema.ts'
import type { ClaimTable } from './tables.ts'

/** The columns of a {@link ClaimRow}. */
const columns =
  'run_id, epoch, holder, host, wanted, created_at, org_url, lock_job, claimed_until >= clock_timestamp() AS held'

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
                  claimed_until = clock_timestamp() + $4 * interval '1 ms'
            WHERE run_id = $1 RETURNING epoch`,
          [runId, claimant.holder, claimant.host, forMs],
        )
        return taken === undefined ? { kind: 'gone', run: null, host: null } : numberOf(taken, 'epoch')
      }),
    renew: async ({ runId, epoch }, forMs) => {
      const renewed = await query(
        `UPDATE okta_lifecycle.run SET claimed_until = clock_timestamp() + $3 * interval '1 ms'
          WHERE run_id = $1 AND epoch = $2 AND ${isOriginal} RETURNING 1`,
        [runId, epoch, forMs],
      )
      return renewed.length > 0
    },
    release: ({ runId, epoch }) =>
      transaction(async (inside) => {
        await inside(
          `DELETE FROM okta_lifecycle.run r WHERE run_id = $1 AND epoch = $2 AND journal_bytes = 0
              AND ${isOriginal} AND NOT EXISTS (SELECT 1 FROM okta_lifecycle.run_file f WHERE f.run_id = r.run_id)`,
          [runId, epoch],
        )
        await inside(
          `UPDATE okta_lifecycle.run SET claimed_until = NULL, holder = NULL, host = NULL
            WHERE run_id = $1 AND epoch = $2 AND ${isOriginal}`,
          [runId, epoch],
        )
      }),
  }
}

/** A run, with its job locked first, and then its row. Undefined if there is no such run. */
async function jobLocked(query: Query, runId: string): Promise<Row | undefined> {
  const [known] = await query('SELECT org_url, lock_job FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  if (known === undefined) return undefined
  const job = textOf(known, 'lock_job')
  if (job !== null) await lockJob(query, textOf(known, 'org_url'), job)
  await leaveCopiedRun(query, runId)
  const [row] = await query(`SELECT ${columns} FROM okta_lifecycle.run WHERE run_id = $1 FOR UPDATE`, [runId])
  return row
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
