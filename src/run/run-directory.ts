import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CannotWrite } from '../files/cannot-write.ts'
import type { InputFormat } from '../input/row.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import { runFileName } from './run-file.ts'

export const journalFileName = 'journal.ndjson'

/** A run id: sorts by time and names its job. */
export function makeRunId(now: Date, jobName: string): string {
  const time = now.toISOString().replaceAll(/[-:.]/g, '')
  return `${time}-${jobName}`
}

/**
 * Checks an id that the user chose: it becomes the name of a directory.
 *
 * @throws KnownError where it can't
 */
export function checkRunId(runId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(runId)) return runId
  throw new KnownError(
    `--run-id ${JSON.stringify(runId)} can't name a run: letters, digits, dots, dashes and underscores were expected, at most 128, a letter or digit first.`,
    'Choose another --run-id, or leave it out.',
  )
}

/**
 * Makes the directory of a new run, mode 0700.
 *
 * @throws KnownError where a run of that id exists, or the directory can't be made
 */
export async function createRunDirectory(runsDirectory: string, runId: string): Promise<string> {
  const directory = join(runsDirectory, runId)
  if (await exists(join(directory, runFileName))) throw runExists(runId, directory)
  try {
    await mkdir(runsDirectory, { recursive: true, mode: 0o700 })
    await makeDirectory(directory)
    await chmod(directory, 0o700)
  } catch (error) {
    throw CannotWrite.of(directory, error).so(', or choose another --runs-dir.', exitCodes.nothingSent)
  }
  return directory
}

/**
 * Makes one directory, or finds it there. With `recursive` the system's own reason would be lost: a file system that is
 * read-only is then reported as a path that does not exist.
 */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory()
    if (!isThere) throw error
  }
}

/**
 * Clears what a start left that died before its `run.json` was written. The run's lock must be held.
 *
 * @throws KnownError where it is a run after all
 */
export async function clearUnfinishedStart(directory: string, runId: string): Promise<void> {
  if (await exists(join(directory, runFileName))) throw runExists(runId, directory)
  if (await exists(join(directory, journalFileName))) {
    throw new KnownError(
      `${directory} has a journal but no run.json: it is a damaged run, not an unfinished start.`,
      'Restore run.json from a backup, or choose another --run-id.',
    )
  }
  for (const name of await readdir(directory)) {
    if (name !== 'lock') await rm(join(directory, name), { recursive: true, force: true })
  }
}

function runExists(runId: string, directory: string): KnownError {
  return new KnownError(
    `A run named ${runId} exists already (${directory}).`,
    `okta-lifecycle resume ${runId}, or choose another --run-id`,
  )
}

/** Removes a run that never sent anything, as far as the system allows it. */
export async function removeRunDirectory(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true })
  } catch {
    // What led here is told; a directory without a journal does no harm.
  }
}

/** Whether the run ever began to work. */
export async function hasJournal(directory: string): Promise<boolean> {
  return await exists(join(directory, journalFileName))
}

/** The copy of an input. */
export interface InputCopy {
  /** Name in the run directory. */
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Copies the input into the run directory byte for byte, synced.
 *
 * @param source a path, or `-` for standard input
 * @throws KnownError where it can't be read or written
 */
export async function copyInput(source: string, directory: string, name: string): Promise<InputCopy> {
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  const target = join(directory, name)
  try {
    const from = source === '-' ? process.stdin : createReadStream(source)
    await pipeline(from, meter, createWriteStream(target, { mode: 0o600 }))
    await syncPath(target)
    await syncPath(directory)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (path === source || code === 'EISDIR') throw cannotRead(source, error)
    throw CannotWrite.of(target, error)
  }
  return { file: name, sha256: hash.digest('hex'), bytes }
}

/** Gives the copy the name that shows its format. */
export async function nameInputCopy(
  directory: string,
  copy: InputCopy,
  format: InputFormat,
): Promise<InputCopy> {
  const file = `input.${format}`
  await rename(join(directory, copy.file), join(directory, file))
  await syncPath(directory)
  return { ...copy, file }
}

/** Where `resume` and `status` find a run: a path, an id in the runs directory, or the latest run. */
export async function findRun(
  runsDirectory: string,
  run: string | undefined,
  latest: boolean,
): Promise<string> {
  if (run !== undefined && latest) {
    throw new KnownError('Name a run or say --latest, not both.', 'okta-lifecycle resume --latest')
  }
  if (run !== undefined) {
    for (const directory of [join(runsDirectory, run), run]) {
      if (await exists(join(directory, runFileName))) return directory
    }
    throw new KnownError(
      `There is no run ${run} in ${runsDirectory}.`,
      `ls ${runsDirectory}, or --runs-dir DIR`,
    )
  }
  if (!latest) throw new KnownError('No run is named.', 'okta-lifecycle resume --latest')
  // What begins with a dot is no run: the locks of jobs lie there.
  const names = (await listNames(runsDirectory))
    .filter((name) => !name.startsWith('.'))
    .sort()
    .reverse()
  const runs: { directory: string; created: number }[] = []
  for (const name of names) {
    const directory = join(runsDirectory, name)
    const created = await timeOf(join(directory, runFileName), directory)
    if (created !== null) runs.push({ directory, created })
  }
  // Ids that users chose don't sort by time; the directory's birth does.
  const [newest] = runs.sort((a, b) => b.created - a.created)
  if (newest === undefined) {
    throw new KnownError(
      `There are no runs in ${runsDirectory}.`,
      '--runs-dir DIR, or start one: okta-lifecycle run',
    )
  }
  return newest.directory
}

async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch {
    return []
  }
}

/** When a run began; null where the directory is no run. */
async function timeOf(runFile: string, directory: string): Promise<number | null> {
  if (!(await exists(runFile))) return null
  const { birthtimeMs, ctimeMs } = await stat(directory)
  return birthtimeMs > 0 ? birthtimeMs : ctimeMs
}

/** Whether a path is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

/** Makes sure that a file's content, or a directory's names, are on disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

function cannotRead(source: string, cause: unknown): KnownError {
  const code = (cause as NodeJS.ErrnoException).code
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : code
  return new KnownError(
    `The input ${source} can't be read: ${why}.`,
    'Check the path; - reads standard input.',
    exitCodes.nothingSent,
    cause,
  )
}
