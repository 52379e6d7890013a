import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { exists } from '../files/exists.ts'
import { syncPath } from '../files/sync-path.ts'
import type { Job } from '../job/job.ts'
import type { JournalHead } from '../journal/journal-check.ts'
import type { JournalFile } from '../journal/open-journal.ts'
import { commandFor } from '../messages/commands.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import { type RunFile, runFileName } from './run-file.ts'

const journalFileName = 'journal.ndjson'

/** Tells a directory that a start of ours made from one that is somebody else's. It goes once `run.json` is there. */
const startedFileName = '.started-by-okta-lifecycle'

/** Where a run's journal lies. */
export function journalPath(directory: string): string {
  return join(directory, journalFileName)
}

/** A run's journal, with what `run.json` knows of it. */
export function journalOf(directory: string, run: RunFile, recorded: JournalHead | null): JournalFile {
  return { path: journalPath(directory), runId: run.run_id, stepsPerRow: stepsPerRow(run.job), recorded }
}

/** Tasks that a row of a job can have. */
function stepsPerRow(job: Job): number {
  return job.steps?.length ?? 1
}

/** Whether the run ever began to work. */
export async function hasJournal(directory: string): Promise<boolean> {
  return await exists(journalPath(directory))
}

/**
 * Makes the directory of a new run, mode 0700. It appears under its name with our mark in it, so that one which a start
 * left behind can be told from one that somebody else made.
 *
 * @throws KnownError where a run of that id exists, the directory is not ours, or it can't be made
 */
export async function createRunDirectory(runsDirectory: string, runId: string): Promise<string> {
  const directory = join(runsDirectory, runId)
  const draft = join(runsDirectory, `.new-${randomUUID()}`)
  try {
    if (await exists(directory)) {
      await checkOurStart(directory, runId)
      return directory
    }
    await makeDirectories(runsDirectory)
    await mkdir(draft, { mode: 0o700 })
    await writeFile(join(draft, startedFileName), `${runId}\n`, { mode: 0o600 })
    // Over an empty directory this would succeed; that there is none was just seen.
    await rename(draft, directory)
    await syncPath(runsDirectory)
  } catch (error) {
    await removeQuietly(draft)
    if (error instanceof KnownError) throw error
    throw CannotWrite.of(directory, error).so(', or choose another --runs-dir.', exitCodes.nothingSent)
  }
  return directory
}

/** Makes a directory and those above it, each on disk before the next. An error names what the system said of it. */
async function makeDirectories(path: string): Promise<void> {
  if (await exists(path)) return
  const parent = dirname(path)
  if (parent !== path) await makeDirectories(parent)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  await syncPath(parent)
}

/** @throws KnownError unless the directory is one that a start of ours left behind before its `run.json` */
async function checkOurStart(directory: string, runId: string): Promise<void> {
  if (await exists(join(directory, runFileName))) throw runExists(directory)
  if (await exists(journalPath(directory))) {
    throw new KnownError(
      `${directory} has a journal but no run.json: it is a damaged run, not an unfinished start.`,
      'Restore run.json from a backup, or choose another --run-id.',
    )
  }
  if (await exists(join(directory, startedFileName))) return
  throw new KnownError(
    `${directory} exists and is not a run of okta-lifecycle: nothing in it was touched.`,
    `Choose another --run-id than ${runId}, or another --runs-dir.`,
  )
}

function runExists(directory: string): KnownError {
  const runId = basename(directory)
  const resume = commandFor('resume', { runId, runsDirectory: dirname(directory) })
  return new KnownError(
    `A run named ${runId} exists already (${directory}).`,
    `${resume}, or choose another --run-id`,
  )
}

/**
 * Clears what a start left that died before its `run.json` was written. The run must be held.
 *
 * @throws KnownError where it is a run after all
 */
export async function clearUnfinishedStart(directory: string): Promise<void> {
  await checkOurStart(directory, basename(directory))
  for (const name of await readdir(directory)) {
    if (name === 'lock' || name === startedFileName) continue
    await rm(join(directory, name), { recursive: true, force: true })
  }
}

/** Takes our mark off a directory whose `run.json` is on disk. */
export async function endStart(directory: string): Promise<void> {
  await removeQuietly(join(directory, startedFileName))
}

/** Removes a run of ours that never sent anything, as far as the system allows it. */
export async function removeRunDirectory(directory: string): Promise<void> {
  await removeQuietly(directory)
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    // What led here is reported; what stays behind does no harm.
  }
}
