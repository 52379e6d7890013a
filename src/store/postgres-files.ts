import type { Database, Query } from './database.ts'
import { bytesOf, numberOf, textOf } from './row.ts'
import type { ClaimMark, FilePart, RunSnapshot, RunTable } from './tables.ts'

/** How many pieces of a journal are under way at once. */
const piecesAtOnce = 500
/** How many small files are under way at once. */
const filesAtOnce = 200

type Files = Pick<RunTable, 'read' | 'latest' | 'files' | 'beginnings'>

/** The files of runs, and how they are read. */
export function postgresFiles({ query, transaction }: Database): Files {
  return {
    read: (runId, work) =>
      transaction(async (inside) => {
        await inside('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
        return await work(await snapshotOf(inside, runId))
      }),
    latest: async (fileName) => {
      const [latest] = await query(
        `SELECT run_id FROM okta_lifecycle.run JOIN okta_lifecycle.run_file USING (run_id)
          WHERE name = $1 ORDER BY created_at DESC, run_id DESC LIMIT 1`,
        [fileName],
      )
      return latest === undefined ? null : textOf(latest, 'run_id')
    },
    files: (names, of) =>
      of === 'all'
        ? filesWhere(query, names, 'true', [])
        : filesWhere(
            query,
            names,
            `run_id IN (SELECT run_id FROM okta_lifecycle.run WHERE job = $5 ORDER BY created_at DESC LIMIT $6)
              OR run_id IN (SELECT run_id FROM okta_lifecycle.run WHERE plan_id IS NOT NULL)`,
            [of.job, of.most],
          ),
    beginnings: () => beginnings(query),
  }
}

async function snapshotOf(query: Query, runId: string): Promise<RunSnapshot> {
  const names = await query('SELECT DISTINCT name FROM okta_lifecycle.run_file WHERE run_id = $1', [runId])
  const [run] = await query('SELECT journal_bytes FROM okta_lifecycle.run WHERE run_id = $1', [runId])
  return {
    names: names.flatMap((row) => textOf(row, 'name') ?? []),
    journalBytes: run === undefined ? 0 : numberOf(run, 'journal_bytes'),
    file: (name) => partsOf(query, runId, name),
    journal: () => piecesOf(query, runId),
  }
}

async function* partsOf(query: Query, runId: string, name: string): AsyncGenerator<Buffer> {
  for (let part = 0; ; part++) {
    const [row] = await query(
      'SELECT bytes FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2 AND part = $3',
      [runId, name, part],
    )
    if (row === undefined) return
    yield bytesOf(row, 'bytes')
  }
}

async function* piecesOf(
  query: Query,
  runId: string,
): AsyncGenerator<{ readonly at: number; readonly bytes: Buffer }> {
  for (let next = 0; ; ) {
    const pieces = await query(
      `SELECT at_byte, bytes FROM okta_lifecycle.journal WHERE run_id = $1 AND at_byte >= $2
        ORDER BY at_byte LIMIT ${piecesAtOnce}`,
      [runId, next],
    )
    for (const piece of pieces) {
      const at = numberOf(piece, 'at_byte')
      next = at + 1
      yield { at, bytes: bytesOf(piece, 'bytes') }
    }
    if (pieces.length < piecesAtOnce) return
  }
}

/** @param condition may use the values from $5 on */
async function* filesWhere(
  query: Query,
  names: readonly string[],
  condition: string,
  values: readonly unknown[],
): AsyncGenerator<FilePart> {
  let last: readonly unknown[] = ['', '', 0]
  for (;;) {
    const rows = await query(
      `SELECT run_id, name, part, bytes FROM okta_lifecycle.run_file
        WHERE name = ANY($1) AND (run_id, name, part) > ($2, $3, $4) AND (${condition})
        ORDER BY run_id, name, part LIMIT ${filesAtOnce}`,
      [names, ...last, ...values],
    )
    for (const row of rows) {
      last = [row.run_id, row.name, row.part]
      yield {
        runId: textOf(row, 'run_id') ?? '',
        name: textOf(row, 'name') ?? '',
        bytes: bytesOf(row, 'bytes'),
      }
    }
    if (rows.length < filesAtOnce) return
  }
}

async function* beginnings(query: Query): AsyncGenerator<Omit<FilePart, 'name'>> {
  let last = ''
  for (;;) {
    const rows = await query(
      `SELECT run_id, bytes FROM okta_lifecycle.journal
        WHERE at_byte = 0 AND run_id > $1 ORDER BY run_id LIMIT ${filesAtOnce}`,
      [last],
    )
    for (const row of rows) {
      last = textOf(row, 'run_id') ?? ''
      yield { runId: last, bytes: bytesOf(row, 'bytes') }
    }
    if (rows.length < filesAtOnce) return
  }
}

/** Replaces a file of a run by these bytes. */
export async function replaceFile(
  query: Query,
  runId: string,
  name: string,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  await query('DELETE FROM okta_lifecycle.run_file WHERE run_id = $1 AND name = $2', [runId, name])
  let part = 0
  for await (const bytes of pieces) {
    await query('INSERT INTO okta_lifecycle.run_file VALUES ($1, $2, $3, $4)', [runId, name, part++, bytes])
  }
  // An empty file is a file as well.
  if (part === 0)
    await query('INSERT INTO okta_lifecycle.run_file VALUES ($1, $2, 0, $3)', [runId, name, Buffer.alloc(0)])
}

/**
 * Adds bytes to a journal.
 *
 * @param from where the journal ends
 * @returns where it ends after that
 */
export async function addToJournal(
  query: Query,
  { runId, epoch }: ClaimMark,
  from: number,
  pieces: AsyncIterable<Buffer>,
): Promise<number> {
  let at = from
  for await (const bytes of pieces) {
    await query('INSERT INTO okta_lifecycle.journal VALUES ($1, $2, $3, $4)', [runId, at, epoch, bytes])
    at += bytes.length
  }
  return at
}
