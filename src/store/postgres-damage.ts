import { Refusal } from '../messages/known-error.ts'
import type { Query } from './database.ts'
import { migrations, schemaName } from './schema.ts'
import type { StoreUrl } from './store-url.ts'

/** A table and the keys that the store relies on, by the names that PostgreSQL gives them: what each adds. */
const keys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  migration: { migration_pkey: 'PRIMARY KEY (step)' },
  identity: {},
  run: { run_pkey: 'PRIMARY KEY (run_id)', run_plan_id_key: 'UNIQUE (plan_id)' },
  run_file: { run_file_pkey: 'PRIMARY KEY (run_id, name, part)', run_file_run_id_fkey: ofRun() },
  journal: { journal_pkey: 'PRIMARY KEY (run_id, at_byte)', journal_run_id_fkey: ofRun() },
  schedule: { schedule_pkey: 'PRIMARY KEY (id)' },
  worker: { worker_pkey: 'PRIMARY KEY (holder)' },
  bucket: { bucket_pkey: 'PRIMARY KEY (org, principal, bucket)' },
}

function ofRun(): string {
  return `FOREIGN KEY (run_id) REFERENCES ${schemaName}.run ON DELETE CASCADE`
}

/**
 * Makes sure that the store has its tables with their keys, and that nothing switched the keys' triggers off. A restore of
 * single tables leaves them like that, also one that failed half-way. One question, because workers ask it at each look.
 *
 * @throws Refusal that says what to type, also when the tables are those of another version; the driver's error
 */
export async function checkWhole(query: Query, { shown }: StoreUrl): Promise<void> {
  const [found] = await query(
    `SELECT (SELECT max(step) FROM okta_lifecycle.migration) AS step,
            ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = n AND relkind = 'r') AS tables,
            ARRAY(SELECT conname::text FROM pg_constraint WHERE connamespace = n) AS keys,
            ARRAY(SELECT DISTINCT relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
                   WHERE relnamespace = n AND relname = ANY($2) AND tgisinternal AND tgenabled IN ('D', 'R')
                   ORDER BY 1) AS switched_off
       FROM to_regnamespace($1) n`,
    // What an administrator has added, and switched off, is their own.
    [schemaName, Object.keys(keys)],
  )
  if (found?.step !== migrations.length) {
    throw new Refusal(
      `The store ${shown} is one of another version by now, as after an older dump was restored. The first command brings it up to date: okta-lifecycle runs`,
      'okta-lifecycle runs',
    )
  }
  const [tables, known, off] = [found?.tables, found?.keys, found?.switched_off].map(textsOf)
  const lost = Object.keys(keys).filter((table) => tables?.includes(table) !== true)
  if (lost.length > 0) {
    throw new Refusal(
      `The store ${shown} lacks ${lost.map((table) => `${schemaName}.${table}`).join(', ')}, so nothing is read or written. A part of it was dropped or restored alone: drop the database and restore the whole of it.`,
      'End all workers, then dropdb, createdb and pg_restore, as in docs/fleet.md, "Backup and restore"',
    )
  }
  const missing = Object.entries(keys).flatMap(([table, names]) =>
    Object.entries(names)
      .filter(([name]) => known?.includes(name) !== true)
      .map(([name, key]) => `ALTER TABLE ${schemaName}.${table} ADD CONSTRAINT ${name} ${key};`),
  )
  const disabled = (off ?? []).map((table) => `ALTER TABLE ${schemaName}.${table} ENABLE TRIGGER ALL;`)
  if (missing.length + disabled.length === 0) return
  const what = [
    ...(missing.length > 0 ? ['lacks keys of its tables'] : []),
    ...(disabled.length > 0 ? ['has triggers of its tables switched off'] : []),
  ]
  throw new Refusal(
    `The store ${shown} ${what.join(' and ')}, as after a restore of single tables, so nothing is read or written. To fix it: ${[...missing, ...disabled].join(' ')}`,
    'Give these statements to the database as its superuser (psql), or end all workers, drop the schema and restore the whole of it. Then try again',
  )
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
