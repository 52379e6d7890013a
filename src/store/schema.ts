import { budgetTable } from './schema-budget.ts'

/** The schema of PostgreSQL that holds everything of ours. */
export const schemaName = 'okta_lifecycle'

/**
 * The transaction that writes a row, as its `xmin` shows it. No transaction of ours has a savepoint, which would have a
 * number of its own.
 */
export const writer = '(txid_current() % 4294967296)::text'

/** A copy of a database inside its cluster keeps all else, also if it gets the name of the first one. */
const databaseOid = '(SELECT oid FROM pg_database WHERE datname = current_database())'

/** The tables whose rows are signed: of them an older copy does harm. */
type Signed = 'run' | 'schedule'

/**
 * What a row says of itself: which transaction wrote it, into which table of which database. Every statement of ours that
 * writes a row signs it, and no trigger does: triggers can be switched off, and would sign what others overwrite.
 */
export function signatureOf(table: Signed): string {
  return `${writer} || '/' || ${databaseOid} || '/' || 'okta_lifecycle.${table}'::regclass::oid`
}

/**
 * Whether a row is as one of our statements wrote it: it was not put back from an older copy, nor overwritten with one, nor
 * is the whole database a copy that has taken the store's place. Each statement that writes a row signs it anew, so none
 * may write one before this is asked, in the same statement or under the row's lock. VACUUM, also FULL, leaves it as it is.
 *
 * @param row the name of the table in the statement, or what it is called there
 */
export function isOriginal(row: Signed | 'r' | 'kept'): string {
  return `coalesce(${row}.signature = ${row}.xmin || '/' || ${databaseOid} || '/' || ${row}.tableoid, false)`
}

/**
 * What the store consists of, step by step. What a step makes is never changed once it has been published; a new one is
 * added behind it. An older dump that is restored over a newer store leaves there what it does not know, so each step but
 * the first one bears that what it makes is there.
 *
 * - `run`: one row a run. Who holds it, under which epoch and until when, and how long its journal is. Every write of a
 *   holder changes or locks this row under its epoch: that is the fence.
 * - `run_file`: the files of a run (`run.json`, the copy of its input, its summary), in parts.
 * - `identity`: tells a store from its restored copy.
 * - `worker`: the workers that were there lately, so that a person can be told why a run waits. Nothing else relies on it.
 * - `schedule`: the jobs that are submitted again and again, and what became of the last time.
 * - `journal`: the bytes of a run's journal, as they were committed, each piece by the place where it begins.
 * - `bucket`: the budgets that runs share, see `schema-budget.ts`.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE okta_lifecycle.run (
     run_id text PRIMARY KEY,
     -- What run.json says, repeated here so that it can be asked for.
     org_url text,
     job text,
     state text NOT NULL DEFAULT 'new',
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     -- The name of the job if only one run of it may work at a time; null for a run that is bound to no job.
     lock_job text,
     -- A saved plan is carried out once, by one run.
     plan_id text UNIQUE,
     -- Whether workers may take the run.
     wanted boolean NOT NULL DEFAULT false,
     -- Grows with every claim. Who holds an older epoch can write nothing more.
     epoch bigint NOT NULL DEFAULT 0,
     holder text,
     host text,
     claimed_at timestamptz,
     claimed_until timestamptz,
     journal_bytes bigint NOT NULL DEFAULT 0,
     -- Whether the store was restored from an older copy since: what was sent after the copy is not in the journal.
     restored boolean NOT NULL DEFAULT false
   );
   CREATE INDEX run_by_org ON okta_lifecycle.run (org_url, created_at);
   CREATE INDEX run_wanted ON okta_lifecycle.run (created_at) WHERE wanted;
   CREATE TABLE okta_lifecycle.run_file (
     run_id text NOT NULL REFERENCES okta_lifecycle.run ON DELETE CASCADE,
     name text NOT NULL,
     part int NOT NULL,
     bytes bytea NOT NULL,
     PRIMARY KEY (run_id, name, part)
   );
   CREATE TABLE okta_lifecycle.journal (
     run_id text NOT NULL REFERENCES okta_lifecycle.run ON DELETE CASCADE,
     at_byte bigint NOT NULL,
     epoch bigint NOT NULL,
     bytes bytea NOT NULL,
     PRIMARY KEY (run_id, at_byte)
   );
   CREATE TABLE okta_lifecycle.schedule (
     id text PRIMARY KEY,
     job text NOT NULL,
     org_url text NOT NULL,
     pattern text NOT NULL,
     time_zone text NOT NULL,
     -- What submit was given, with absolute paths.
     arguments jsonb NOT NULL,
     -- A time that was due and has not been seen to yet, and until when a worker is seeing to it.
     due_at timestamptz,
     taken_until timestamptz,
     last_due timestamptz,
     last_run text,
     last_error text
   );
   CREATE TABLE okta_lifecycle.identity (mark text NOT NULL);
   CREATE TABLE okta_lifecycle.worker (
     holder text PRIMARY KEY,
     host text NOT NULL,
     orgs text[] NOT NULL,
     seen_at timestamptz NOT NULL
   );`,
  budgetTable,
  // Which taking of a schedule that is due is the present one.
  'ALTER TABLE okta_lifecycle.schedule ADD COLUMN IF NOT EXISTS taking bigint NOT NULL DEFAULT 0',
  // The transaction that wrote the row, for PostgreSQL itself tells which one did.
  'ALTER TABLE okta_lifecycle.identity ADD COLUMN IF NOT EXISTS written_by text',
  // The same for each row of which an older copy does harm.
  `CREATE OR REPLACE FUNCTION okta_lifecycle.note_writer() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     NEW.written_by := ${writer};
     RETURN NEW;
   END $$;
   -- No default: a dump that has no such column would have it from whoever restores it.
   ALTER TABLE okta_lifecycle.run ADD COLUMN IF NOT EXISTS written_by text;
   DROP TRIGGER IF EXISTS note_writer ON okta_lifecycle.run;
   CREATE TRIGGER note_writer BEFORE UPDATE ON okta_lifecycle.run
     FOR EACH ROW EXECUTE FUNCTION okta_lifecycle.note_writer();
   UPDATE okta_lifecycle.run SET written_by = NULL;
   CREATE INDEX IF NOT EXISTS run_unfinished ON okta_lifecycle.run (run_id) WHERE state NOT IN ('finished', 'closed');
   ALTER TABLE okta_lifecycle.schedule ADD COLUMN IF NOT EXISTS written_by text;
   -- Since when the schedule is as it is: what its pattern names before that is not due.
   ALTER TABLE okta_lifecycle.schedule ADD COLUMN IF NOT EXISTS since timestamptz NOT NULL DEFAULT clock_timestamp();
   DROP TRIGGER IF EXISTS note_writer ON okta_lifecycle.schedule;
   CREATE TRIGGER note_writer BEFORE UPDATE ON okta_lifecycle.schedule
     FOR EACH ROW EXECUTE FUNCTION okta_lifecycle.note_writer();
   UPDATE okta_lifecycle.schedule SET written_by = NULL;`,
  // Statements sign rows themselves, and name the database too. A worker of before finds its column gone and does nothing.
  `ALTER TABLE okta_lifecycle.run ADD COLUMN IF NOT EXISTS signature text;
   UPDATE okta_lifecycle.run SET signature = ${signatureOf('run')} WHERE written_by = xmin::text;
   ALTER TABLE okta_lifecycle.schedule ADD COLUMN IF NOT EXISTS signature text;
   UPDATE okta_lifecycle.schedule SET signature = ${signatureOf('schedule')} WHERE written_by = xmin::text;
   DROP TRIGGER IF EXISTS note_writer ON okta_lifecycle.run;
   DROP TRIGGER IF EXISTS note_writer ON okta_lifecycle.schedule;
   DROP FUNCTION IF EXISTS okta_lifecycle.note_writer();
   ALTER TABLE okta_lifecycle.run DROP COLUMN IF EXISTS written_by;
   ALTER TABLE okta_lifecycle.schedule DROP COLUMN IF EXISTS written_by;`,
]
