import { link, mkdtemp, open, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseSystemError, type SystemError } from '../../files/system-error.ts'
import { type Check, fine, wrong } from './check.ts'

/** What a run needs of its file system, in the order in which it is tried. */
type Step = 'find' | 'make' | 'write' | 'sync' | 'rename' | 'lock'

/** What a trial of the runs directory showed. */
export interface RunsDirectoryObservation {
  readonly directory: string
  /** Whether it exists already; otherwise the nearest directory above it was tried. */
  readonly exists: boolean
  /** The first step that failed; null: all went well. */
  readonly failed: { readonly step: Step; readonly error: SystemError | null } | null
  readonly freeBytes: number | null
  /** The permission bits; null if it is not there. */
  readonly mode: number | null
}

/** Tries what a run does, in a directory of its own that it removes again. It does not make the runs directory. */
export async function observeRunsDirectory(runsDirectory: string): Promise<RunsDirectoryObservation> {
  const directory = resolve(runsDirectory)
  let step: Step = 'find'
  let place = directory
  let mode: number | null = null
  let trial: string | null = null
  try {
    const found = await nearest(directory)
    place = found.path
    if (found.path === directory) mode = found.mode
    step = 'make'
    trial = await mkdtemp(join(place, '.doctor-'))
    const [before, after] = [join(trial, 'a'), join(trial, 'b')]
    step = 'write'
    await writeFile(before, 'x', { mode: 0o600, flag: 'wx' })
    step = 'sync'
    for (const path of [before, trial]) {
      const handle = await open(path, 'r')
      await handle.sync().finally(() => handle.close())
    }
    step = 'rename'
    await writeFile(after, 'y', { mode: 0o600 })
    await rename(before, after)
    step = 'lock'
    await link(after, before)
    const { bavail, bsize } = await statfs(place)
    return { directory, exists: place === directory, failed: null, freeBytes: bavail * bsize, mode }
  } catch (error) {
    const failed = { step, error: parseSystemError(error) }
    return { directory, exists: place === directory, failed, freeBytes: null, mode }
  } finally {
    if (trial !== null) await rm(trial, { recursive: true, force: true }).catch(() => {})
  }
}

/** The directory, or the nearest one above it that exists. */
async function nearest(path: string): Promise<{ readonly path: string; readonly mode: number }> {
  try {
    const { mode } = await stat(path)
    return { path, mode }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return await nearest(dirname(path))
  }
}

const attempts: Readonly<Record<Step, string>> = {
  find: 'reading it',
  make: 'making a directory',
  write: 'writing a file',
  sync: 'syncing a file to disk (fsync)',
  rename: 'replacing a file with another (rename)',
  lock: 'holding a lock (hard link)',
}

/** A run of a hundred thousand users takes about this much, in bytes. */
const plentyBytes = 500 * 1024 * 1024

export function judgeRunsDirectory(seen: RunsDirectoryObservation): Check {
  const { directory, exists, failed, freeBytes, mode } = seen
  const name = 'runs_directory'
  if (failed !== null) {
    const { step, error } = failed
    const fix = `${error?.fix ?? 'Remove the cause'}, or choose another --runs-dir`
    return wrong(name, `${directory}: ${attempts[step]} failed: ${error?.why ?? 'unknown cause'}.`, fix)
  }
  if (mode !== null && (mode & 0o022) !== 0) {
    return wrong(name, `Other users of this machine may write into ${directory}.`, `chmod go-w ${directory}`)
  }
  if (freeBytes !== null && freeBytes < plentyBytes) {
    const free = Math.round(freeBytes / 1024 / 1024)
    return wrong(
      name,
      `${directory} has only ${free} MiB left.`,
      'Make room on the disk, or choose another --runs-dir',
    )
  }
  return fine(
    name,
    `${directory} ${exists ? 'allows writing, locking, renaming and syncing files' : 'can be created'}.`,
  )
}
