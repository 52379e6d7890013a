import type { KnownError } from '../../messages/known-error.ts'
import { connectTo, type Database, settingsThatForget } from '../../store/database.ts'
import { schemaName } from '../../store/schema.ts'
import { storeError } from '../../store/store-error.ts'
import type { StoreUrl } from '../../store/store-url.ts'

/** What a look at a store showed. */
export type StoreObservation =
  | { readonly kind: 'failed'; readonly error: KnownError }
  | {
      readonly kind: 'found'
      /** The settings that let PostgreSQL forget what it has committed, such as `fsync = off`. */
      readonly off: readonly string[]
      readonly isStandby: boolean
      /** Whether its tables are there, or this user may create them. */
      readonly hasTables: boolean
      /** Whether the connection is encrypted, or does not leave this host. */
      readonly isPrivate: boolean
      /** Connections that are still free. */
      readonly free: number
    }

/** Looks at a store and changes nothing. */
export async function observeStore(url: StoreUrl): Promise<StoreObservation> {
  const database = connectTo(url, 1)
  try {
    return await observe(database)
  } catch (error) {
    return { kind: 'failed', error: storeError(url, error) }
  } finally {
    await database.close().catch(() => {})
  }
}

async function observe({ query }: Database): Promise<StoreObservation> {
  const off = await settingsThatForget(query)
  const [facts] = await query(
    `SELECT pg_is_in_recovery() AS standby,
            EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1 AND has_schema_privilege(oid, 'USAGE'))
              OR has_database_privilege(current_database(), 'CREATE') AS tables,
            coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)
              OR coalesce(inet_client_addr() << '127.0.0.0/8' OR inet_client_addr() = '::1', true) AS private,
            current_setting('max_connections')::int
              - CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 0
                     ELSE current_setting('superuser_reserved_connections')::int
                          + coalesce(current_setting('reserved_connections', true)::int, 0) END
              - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS free`,
    [schemaName],
  )
  return {
    kind: 'found',
    off,
    isStandby: facts?.standby === true,
    hasTables: facts?.tables === true,
    isPrivate: facts?.private === true,
    free: Number(facts?.free ?? 0),
  }
}
