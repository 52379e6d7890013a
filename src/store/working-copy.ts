import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openRegular } from '../files/read-regular.ts'
import { Refusal } from '../messages/known-error.ts'
import type { RunSnapshot, Tables } from './tables.ts'

export const journalName = 'journal.ndjson'

/** The most bytes of a file or a journal that are under way at once. */
const partBytes = 1_000_000

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
  { runs }: Pick<Tables, 'runs'>,
  runId: string,
  directory: string,
  what: { readonly files: (name: string) => boolean; readonly journal: boolean },
): Promise<void> {
  await runs.read(runId, async (run) => {
    for (const name of await readdir(directory)) {
      if (isCopied(name) && !run.names.includes(name)) await rm(join(directory, name))
    }
    for (const name of run.names) if (what.files(name)) await copyFile(run, name, join(directory, name))
    if (what.journal) await copyJournal(run, runId, join(directory, journalName))
  })
}

async function copyFile(run: RunSnapshot, name: string, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    for await (const bytes of run.file(name)) await file.appendFile(bytes)
  } finally {
    await file.close()
  }
}

async function copyJournal(run: RunSnapshot, runId: string, path: string): Promise<void> {
  await rm(path, { force: true })
  if (run.journalBytes === 0) return
  const file = await open(path, 'w', 0o600)
  try {
    let end = 0
    for await (const { at, bytes } of run.journal()) {
      if (at !== end) throw gapIn(runId, end)
      await file.appendFile(bytes)
      end += bytes.length
    }
    // What is beyond that was committed as well: then the row was put back from an older copy, and the journal was not.
    if (end < run.journalBytes) throw gapIn(runId, end)
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

/** A file from a byte on, in pieces. */
export async function* piecesOf(path: string, from: number): AsyncGenerator<Buffer> {
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
