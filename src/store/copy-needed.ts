import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../messages/known-error.ts'
import { readRunFile, runFileName } from '../run/run-file.ts'
import type { Database } from './database.ts'
import { bytesOf, textOf } from './row.ts'
import { copyFromStore, isCopied, journalName } from './working-copy.ts'

/** What a command needs of the store, and the run that it names; null for the latest. */
export interface Needed {
  readonly kind: 'named' | 'all' | 'history'
  readonly run: string | null
}

/** How many small files are under way at once. */
const filesAtOnce = 200

/**
 * Copies the runs that a command needs into a runs directory.
 *
 * @throws Refusal when the run that it names is not in the store, and as {@link copyFromStore} does
 */
export async function copyNeeded(database: Database, runsDirectory: string, needed: Needed): Promise<void> {
  const names = needed.kind === 'all' ? [runFileName, 'summary.json'] : [runFileName]
  await copySmallFiles(database, runsDirectory, names)
  if (needed.kind === 'all') await copyBeginnings(database, runsDirectory)
  if (needed.kind === 'named')
    await copyChain(database, runsDirectory, needed.run ?? (await latestOf(database)))
}

async function copySmallFiles(
  { query }: Database,
  runsDirectory: string,
  names: readonly string[],
): Promise<void> {
  let last: readonly [string | null, string | null, unknown] = ['', '', 0]
  for (;;) {
    const rows = await query(
      `SELECT run_id, name, part, bytes FROM okta_lifecycle.run_file
        WHERE name = ANY($1) AND (run_id, name, part) > ($2, $3, $4)
        ORDER BY run_id, name, part LIMIT ${filesAtOnce}`,
      [names, ...last],
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
    const { retry_of: retried, undo_of: undone } = await readRunFile(directory)
    run = retried ?? undone
  }
}
