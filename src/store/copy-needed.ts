import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../messages/known-error.ts'
import { readRunFile, runFileName } from '../run/run-file.ts'
import type { FilePart, Tables } from './tables.ts'
import { copyFromStore, isCopied, journalName } from './working-copy.ts'

/** What a command needs of the runs of a store. */
export type Needed =
  /** The run that it names, or the latest if it names none, with those that it goes on from and that go on from it. */
  | { readonly kind: 'named'; readonly run: string | null }
  /** The `run.json` of the latest runs of a job, and of those that carry out a saved plan; null: of no job. */
  | { readonly kind: 'history'; readonly job: string | null }
  /** All runs: their `run.json`, summary, and the beginning of their journal. */
  | { readonly kind: 'all' }

/** By how many of its latest runs a job's input is judged, retries and undos among them. */
const mostOfJob = 300

type Runs = Pick<Tables, 'runs'>

/**
 * Copies the runs that a command needs into a runs directory.
 *
 * @throws Refusal when the run that it names is not in the store, and as {@link copyFromStore} does
 */
export async function copyNeeded(tables: Runs, runsDirectory: string, needed: Needed): Promise<void> {
  const { runs } = tables
  switch (needed.kind) {
    case 'named':
      return await copyChain(tables, runsDirectory, needed.run ?? (await runs.latest(runFileName)))
    case 'history':
      return await copySmallFiles(
        runs.files([runFileName], { job: needed.job, most: mostOfJob }),
        runsDirectory,
      )
    case 'all':
      await copySmallFiles(runs.files([runFileName, 'summary.json'], 'all'), runsDirectory)
      // It shows that a run has a journal.
      for await (const { runId, bytes } of runs.beginnings())
        await appendFile(join(runsDirectory, runId, journalName), bytes, { mode: 0o600 })
  }
}

async function copySmallFiles(parts: AsyncIterable<FilePart>, runsDirectory: string): Promise<void> {
  for await (const { runId, name, bytes } of parts) {
    const directory = join(runsDirectory, runId)
    await mkdir(directory, { mode: 0o700, recursive: true })
    await appendFile(join(directory, name), bytes, { mode: 0o600 })
  }
}

/** A run with its journal, and the runs that it goes on from, which an undo and a retry read as well. */
async function copyChain(tables: Runs, runsDirectory: string, first: string | null): Promise<void> {
  const seen = new Set<string>()
  for (let run: string | undefined = first ?? undefined; run !== undefined && !seen.has(run); ) {
    seen.add(run)
    const directory = join(runsDirectory, run)
    if ((await tables.runs.look(run)) === null) {
      if (run !== first) return
      throw new Refusal(`There is no run ${run} in the store.`, 'To list the runs: okta-lifecycle runs')
    }
    await mkdir(directory, { mode: 0o700, recursive: true })
    await copyFromStore(tables, run, directory, { files: isCopied, journal: true })
    const { retry_of: retried, undo_of: undone, closed_by: next } = await readRunFile(directory)
    if (run === first && next !== undefined) await copyRunFile(tables, runsDirectory, next)
    run = retried ?? undone
  }
}

async function copyRunFile(tables: Runs, runsDirectory: string, run: string): Promise<void> {
  const directory = join(runsDirectory, run)
  await mkdir(directory, { mode: 0o700, recursive: true })
  await copyFromStore(tables, run, directory, { files: (name) => name === runFileName, journal: false })
}
