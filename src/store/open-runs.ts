import type { Database } from './database.ts'
import { textOf } from './row.ts'

/** The most runs that are looked at in one round. */
const mostRuns = 200

/**
 * The runs that workers may take and nobody holds, the oldest first.
 *
 * @param orgs the URLs of the orgs that the worker has credentials for
 */
export async function findOpenRuns({ query }: Database, orgs: readonly string[]): Promise<readonly string[]> {
  const rows = await query(
    `SELECT run_id FROM okta_lifecycle.run
      WHERE wanted AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) AND org_url = ANY($1)
      ORDER BY created_at, run_id LIMIT ${mostRuns}`,
    [orgs],
  )
  return rows.flatMap((row) => textOf(row, 'run_id') ?? [])
}
