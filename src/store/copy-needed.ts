import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../messages/known-error.ts'
import { readRunFile, runFileName } from '../run/run-file.ts'
import type { Database } from './database.ts'
import { bytesOf, textOf } from './row.ts'
import { copyFromStore, isCopied, journalName } from './working-copy.ts'

/** What a command needs of the runs of a store. */
export type Needed =
  /** The run that it names, or the latest if it names none, with those that it goes on from and that go on from it. */
  | { readonly kind: 'named'; readonly run: string | null }
  /** The `run.json` of the latest runs of a job, and of those that carry out a saved plan; null: of no job. */
  | { readonly kind: 'history'; readonly job: string | null }
  /** All runs: their `run.json`, summary, and the beginning of their journal. */
  | { readonly kind: 'all' }

/** How many small files are under way at once. */
const filesAtOnce = 200
/** By how many of its latest runs a job's input is judged, retries and undos among them. */
const mostOfJob = 300

/**
 * Copies the runs that a command needs into a runs directory.
 *
 * @throws Refusal when the run that it names is not in the store, and as {@link copyFromStore} does
 */
export async function copyNeeded(database: Database, runsDirectory: string, needed: Needed): Promise<void> {
  switch (needed.kind) {
    case 'named':
      return await copyChain(database, runsDirectory, needed.run ?? (await latestOf(database)))
    case 'history':
      return await copySmallFiles(database, runsDirectory, [runFileName], {
        condition: `run_id IN (SELECT run_id FROM okta_lifecycle.run WHERE job = $5
                                ORDER BY created_at DESC LIMIT ${mostOfJob})
                    OR run_id IN (SELECT run_id FROM okta_lifecycle.run WHERE plan_id IS NOT NULL)`,
        values: [needed.job],
      })
    case 'all':
      await copySmallFiles(database, runsDirectory, [runFileName, 'summary.json'], {
        condition: 'true',
        values: [],
      })
      return await copyBeginnings(database, runsDirectory)
  }
}

async function copySmallFiles(
  { query }: Database,
  runsDirectory: string,
  names: readonly string[],
  { condition, values }: { readonly condition: string; readonly values: readonly unknown[] },
): Promise<void> {
  let last: readonly [string | null, string | null, unknown] = ['', '', 0]
  for (;;) {
    const rows = await query(
      `SELECT run_id, name, part, bytes FROM okta_lifecycle.run_file
        WHERE name = ANY($1) AND (run_id, name, part) > ($2, $3, $4) AND (${condition})
        ORDER BY run_id, name, part LIMIT ${filesAtOnce}`,
      [names, ...last, ...values],
    )
    for (const row of rows) {
      last = [textOf(row, 'run_id'), textOf(row, 'name'), row.part]
      const directory = join(runsDirectory, last[0] ?? '')
      await mkdir(directory, { mode: 0o700, recursive: true })
      await appendFile(join(directory, last[1] ?? ''), bytesOf(row, 'bytes'), { mode: 0o600 })
    }
    if (rows.length < filesAtOnce) return
  }
}

/** The first piece of each journal: it shows that the run has one. */
async function copyBeginnings({ query }: Database, runsDirectory: string): Promise<void> {
  let last = ''
  for (;;) {
    const rows = await query(
      `SELECT run_id, bytes FROM okta_lifecycle.journal
        WHERE at_byte = 0 AND run_id > $1 ORDER BY run_id LIMIT ${filesAtOnce}`,
      [last],
    )
    for (const row of rows) {
      last = textOf(row, 'run_id') ?? ''
      await appendFile(join(runsDirectory, last, journalName), bytesOf(row, 'bytes'), { mode: 0o600 })
    }
    if (rows.length < filesAtOnce) return
  }
}

async function latestOf({ query }: Database): Promise<string | null> {
  const [latest] = await query(
    `SELECT run_id FROM okta_lifecycle.run JOIN okta_lifecycle.run_file USING (run_id)
      WHERE name = $1 ORDER BY created_at DESC LIMIT 1`,
    [runFileName],
  )
  return latest === undefined ? null : textOf(latest, 'run_id')
}

/** A run with its journal, and the runs that it goes on from, which an undo and a retry read as well. */
async function copyChain(database: Database, runsDirectory: string, first: string | null): Promise<void> {
  const seen = new Set<string>()
  for (let run: string | undefined = first ?? undefined; run !== undefined && !seen.has(run); ) {
    seen.add(run)
    const directory = join(runsDirectory, run)
    const [known] = await database.query('SELECT 1 FROM okta_lifecycle.run WHERE run_id = $1', [run])
    if (known === undefined) {
      if (run !== first) return
      throw new Refusal(`There is no run ${run} in the store.`, 'To list the runs: okta-lifecycle runs')
    }
    await mkdir(directory, { mode: 0o700, recursive: true })
    await copyFromStore(database, run, directory, { files: isCopied, journal: true })
    const { retry_of: retried, undo_of: undone, closed_by: next } = await readRunFile(directory)
    if (run === first && next !== undefined) await copyRunFile(database, runsDirectory, next)
    run = retried ?? undone
  }
}

async function copyRunFile(database: Database, runsDirectory: string, run: string): Promise<void> {
  const directory = join(runsDirectory, run)
  await mkdir(directory, { mode: 0o700, recursive: true })
  await copyFromStore(database, run, directory, { files: (name) => name === runFileName, journal: false })
}
