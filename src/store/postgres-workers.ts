import type { Database } from './database.ts'
import { numberOf, textOf } from './row.ts'
import type { WorkerTable } from './tables.ts'
import { forgottenAfterMs, goneAfterMs } from './why-waiting.ts'

/** The workers that were there lately. */
export function postgresWorkers({ query }: Database): WorkerTable {
  return {
    note: async ({ holder, host }, orgs) => {
      await query(
        `INSERT INTO okta_lifecycle.worker (holder, host, orgs, seen_at) VALUES ($1, $2, $3, clock_timestamp())
         ON CONFLICT (holder) DO UPDATE SET orgs = $3, seen_at = clock_timestamp()`,
        [holder, host, orgs],
      )
      await query(
        `DELETE FROM okta_lifecycle.worker WHERE seen_at < clock_timestamp() - $1 * interval '1 ms'`,
        [forgottenAfterMs],
      )
    },
    forget: async ({ holder }) => {
      await query('DELETE FROM okta_lifecycle.worker WHERE holder = $1', [holder])
    },
    waitFacts: async (runId) => {
      const [facts] = await query(
        `SELECT r.org_url, count(w.*)::int AS workers, count(*) FILTER (WHERE r.org_url = ANY(w.orgs))::int AS able
           FROM okta_lifecycle.run r
           LEFT JOIN okta_lifecycle.worker w ON w.seen_at > clock_timestamp() - $2 * interval '1 ms'
          WHERE r.run_id = $1 GROUP BY r.org_url`,
        [runId, goneAfterMs],
      )
      if (facts === undefined) return null
      const [before] = await query(
        `SELECT other.run_id FROM okta_lifecycle.run r JOIN okta_lifecycle.run other
             ON other.org_url = r.org_url AND other.lock_job = r.lock_job AND other.run_id <> r.run_id
          WHERE r.run_id = $1 AND (other.claimed_until > clock_timestamp()
             OR (other.wanted AND (other.created_at, other.run_id) < (r.created_at, r.run_id)))
          ORDER BY other.created_at LIMIT 1`,
        [runId],
      )
      return {
        orgUrl: textOf(facts, 'org_url') ?? '',
        workers: numberOf(facts, 'workers'),
        able: numberOf(facts, 'able'),
        before: before === undefined ? null : textOf(before, 'run_id'),
      }
    },
  }
}
