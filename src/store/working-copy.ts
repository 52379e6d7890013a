import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openRegular } from '../files/read-regular.ts'
import { Refusal } from '../messages/known-error.ts'
import type { Database, Query } from './database.ts'
import { bytesOf, numberOf, textOf } from './row.ts'

export const journalName = 'journal.ndjson'

/** The most bytes of a file or a journal that are under way at once. */
const partBytes = 1_000_000
const piecesAtOnce = 500

/**
 * The files of a run that are kept in the store besides its journal. Reports are written anew from these. Links, logs and
 * holds belong to the host.
 */
export function isCopied(name: string): boolean {
  return name === 'run.json' || name === 'summary.json' || name === 'plan.json' || name.startsWith('input.')
}

/** The same, with the damaged journals that a run went on from, which nobody needs but to look into what happened. */
export function isKept(name: string): boolean {
  return isCopied(name) || name.startsWith(`${journalName}.damaged-`)
}

/**
 * Copies a run from the store into a directory, in place of what is there of it.
 *
 * @param what the names of the files, and whether the journal is copied too
 * @throws Refusal when the store's journal has a gap; the driver's error
 */
export async function copyFromStore(
  database: Database,
  runId: string,
  directory: string,
  what: { readonly files: (name: string) => boolean; readonly journal: boolean },
): Promise<void> {
  // All of it as it was at one moment, also while a worker goes on.
  await database.transaction(async (query) => {
    await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const names = await query('SELECT DISTINCT name FROM okta_lifecycle.run_file WHERE run_id = $1', [runId])
    const known = new Set(names.flatMap((row) => textOf(row, 'name') ?? []))
    for (const name of await readdir(directory)) {
      if (isCopied(name) && !known.has(name)) await rm(join(directory, name))
    }
    for (const name of known) if (what.files(name)) await copyFile(query, runId, name, join(directory, name))
    if (what.journal) await copyJournal(query, runId, join(directory, journalName))
  })
}

async function copyFile(query: Query, runId: string, name: string, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for (let part = 0; ; part++) {
      const [row] = await query(
        'SELECT bytes FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2 AND part = $3',
        [runId, name, part],
      )
      if (row === undefined) return
      await file.write(bytesOf(row, 'bytes'))
    }
  } finally {
    await file.close()
  }
}

async function copyJournal(query: Query, runId: string, path: string): Promise<void> {
  const [run] = await query('SELECT journal_bytes FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  const length = run === undefined ? 0 : numberOf(run, 'journal_bytes')
  await rm(path, { force: true })
  if (length === 0) return
  const file = await open(path, 'w', 0o600)
  try {
    let at = 0
    while (at < length) {
      const pieces = await query(
        `SELECT at_byte, bytes FROM okta_lifecycle.journal WHERE run_id = $1 AND at_byte >= $2
          ORDER BY at_byte LIMIT ${piecesAtOnce}`,
        [runId, at],
      )
      if (pieces.length === 0) throw gapIn(runId, at)
      for (const piece of pieces) {
        if (numberOf(piece, 'at_byte') !== at) throw gapIn(runId, at)
        const bytes = bytesOf(piece, 'bytes')
        await file.write(bytes)
        at += bytes.length
      }
    }
    if (at !== length) throw gapIn(runId, length)
  } finally {
    await file.close()
  }
}

function gapIn(runId: string, at: number): Refusal {
  return new Refusal(
    `The journal of run ${runId} in the store is not whole: what should be at byte ${at} is missing.`,
    'Restore the database from a backup. Nothing can go on from a journal with a gap',
  )
}

/** Replaces a file of a run in the store by the one at a path. */
export async function keepFile(query: Query, runId: string, name: string, path: string): Promise<void> {
  await query('DELETE FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2', [runId, name])
  let part = 0
  for await (const bytes of piecesOf(path, 0)) {
    await query('INSERT INTO okta_lifecycle.run_file VALUES ($1, $2, $3, $4)', [runId, name, part++, bytes])
  }
  // An empty file is a file as well.
  if (part === 0)
    await query('INSERT INTO okta_lifecycle.run_file VALUES ($1, $2, 0, $3)', [runId, name, Buffer.alloc(0)])
}

/**
 * Adds what a directory's journal has beyond its part in the store.
 *
 * @param from where that part ends
 * @returns the length of the journal in the store after that
 */
export async function keepJournal(
  query: Query,
  { runId, epoch }: { readonly runId: string; readonly epoch: number },
  path: string,
  from: number,
): Promise<number> {
  let at = from
  for await (const bytes of piecesOf(path, from)) {
    await query('INSERT INTO okta_lifecycle.journal VALUES ($1, $2, $3, $4)', [runId, at, epoch, bytes])
    at += bytes.length
  }
  return at
}

async function* piecesOf(path: string, from: number): AsyncGenerator<Buffer> {
  const file = await openRegular(path)
  try {
    for (let at = from; ; ) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(partBytes), 0, partBytes, at)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}
