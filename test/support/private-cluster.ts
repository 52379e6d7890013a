import { afterAll, beforeAll } from 'vitest'
import { type Postgres, startPostgres, whyNoPostgres } from './postgres.ts'

/** The cluster of a test file. */
export interface PrivateCluster {
  /** Why there is none, as a sentence, so that the tests are to be skipped; null if there is one. */
  readonly missing: string | null
  /** The cluster, once the tests of the file run. */
  readonly postgres: Postgres
}

/**
 * Starts a cluster of PostgreSQL before the tests of the file that calls this, and removes it after them.
 *
 * @param settings further lines of `postgresql.conf`, as `name=value`
 */
export async function privateCluster(settings: readonly string[] = []): Promise<PrivateCluster> {
  const missing = await whyNoPostgres()
  let started: Postgres | null = null
  beforeAll(async () => {
    if (missing === null) started = await startPostgres(settings)
  })
  afterAll(async () => {
    await started?.remove()
  })
  return {
    missing,
    get postgres() {
      if (started === null) throw new Error('The cluster has not been started.')
      return started
    },
  }
}
