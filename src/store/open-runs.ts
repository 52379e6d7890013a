import type { Database } from './database.ts'
import { numberOf, textOf } from './row.ts'

/** A run that waits, and its last epoch. */
export interface OpenRun {
  readonly runId: string
  readonly epoch: number
}

/** The most runs that are looked at in one round. */
const mostRuns = 200

/**
 * The runs that workers may take and nobody holds, the oldest first.
 *
 * @param orgs the URLs of the orgs that the worker has credentials for
 */
export async function findOpenRuns(
  { query }: Database,
  orgs: readonly string[],
): Promise<readonly OpenRun[]> {
  const rows = await query(
    `SELECT run_id, epoch FROM okta_lifecycle.run
      WHERE wanted AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) AND org_url = ANY($1)
      ORDER BY created_at, run_id LIMIT ${mostRuns}`,
    [orgs],
  )
  return rows.map((row) => ({ runId: textOf(row, 'run_id') ?? '', epoch: numberOf(row, 'epoch') }))
}
