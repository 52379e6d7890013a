import type { Claimant } from './claim.ts'
import type { Database } from './database.ts'
import { numberOf, textOf } from './row.ts'

/** A worker that has not said for this long that it is there counts as gone. It says so each 15 s. */
const goneAfterSeconds = 60

/** Notes that a worker is there, and the orgs that it has credentials for. */
export async function noteWorker(
  { query }: Database,
  { holder, host }: Claimant,
  orgs: readonly string[],
): Promise<void> {
  await query(
    `INSERT INTO okta_lifecycle.worker (holder, host, orgs, seen_at) VALUES ($1, $2, $3, clock_timestamp())
     ON CONFLICT (holder) DO UPDATE SET orgs = $3, seen_at = clock_timestamp()`,
    [holder, host, orgs],
  )
  await query(
    `DELETE FROM okta_lifecycle.worker WHERE seen_at < clock_timestamp() - $1 * interval '10 seconds'`,
    [goneAfterSeconds],
  )
}

/** Notes that a worker has ended. */
export async function forgetWorker({ query }: Database, { holder }: Claimant): Promise<void> {
  await query('DELETE FROM okta_lifecycle.worker WHERE holder = $1', [holder])
}

/** Why a run is left to people although it has not ended, as a sentence; null if that is for another reason. */
export async function whyRestored({ query }: Database, runId: string): Promise<string | null> {
  const [run] = await query('SELECT restored FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  return run?.restored === true
    ? 'The store was restored from an older copy: resume it with --take-sound-part.'
    : null
}

/** Why a run still waits, as a sentence; null if a worker will take it up any moment. */
export async function whyWaiting({ query }: Database, runId: string): Promise<string | null> {
  const [workers] = await query(
    `SELECT r.org_url, count(w.*)::int AS workers, count(*) FILTER (WHERE r.org_url = ANY(w.orgs))::int AS able
       FROM okta_lifecycle.run r
       LEFT JOIN okta_lifecycle.worker w ON w.seen_at > clock_timestamp() - $2 * interval '1 second'
      WHERE r.run_id = $1 GROUP BY r.org_url`,
    [runId, goneAfterSeconds],
  )
  if (workers === undefined) return null
  if (numberOf(workers, 'workers') === 0) return 'No worker is there.'
  if (numberOf(workers, 'able') === 0)
    return `No worker that is there has credentials for ${textOf(workers, 'org_url')}.`
  const [before] = await query(
    `SELECT other.run_id FROM okta_lifecycle.run r JOIN okta_lifecycle.run other
         ON other.org_url = r.org_url AND other.lock_job = r.lock_job AND other.run_id <> r.run_id
      WHERE r.run_id = $1 AND (other.claimed_until > clock_timestamp()
         OR (other.wanted AND (other.created_at, other.run_id) < (r.created_at, r.run_id)))
      ORDER BY other.created_at LIMIT 1`,
    [runId],
  )
  return before === undefined ? null : `Run ${textOf(before, 'run_id')} of the same job goes first.`
}
