import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { exists } from '../files/exists.ts'
import { parseSystemError } from '../files/system-error.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { storeOf } from '../messages/store-place.ts'
import { lookAtRun } from './look-at-run.ts'
import { runFileName } from './run-file.ts'

/** Finds the directory of a run: by path, by id in the runs directory, or the latest run. */
export async function findRun(
  runsDirectory: string,
  run: string | undefined,
  latest: boolean,
): Promise<string> {
  if (run !== undefined && latest) {
    throw new Refusal('Name either a run or --latest, not both.', 'okta-lifecycle resume --latest')
  }
  if (run === undefined && !latest) {
    throw new Refusal('No run is given.', 'Give its id, or --latest; all runs: okta-lifecycle runs')
  }
  try {
    return run === undefined ? await findLatest(runsDirectory) : await findNamed(runsDirectory, run)
  } catch (error) {
    if (error instanceof KnownError) throw error
    throw cannotLook(runsDirectory, error)
  }
}

async function findNamed(runsDirectory: string, run: string): Promise<string> {
  // An id has no separator. What has one is a path, seen from where the command is typed.
  const isPath = /[/\\]/.test(run) || run === '.' || run === '..'
  const byId = join(runsDirectory, run)
  if (!isPath && (await exists(join(byId, runFileName)))) return byId
  if (await exists(join(run, runFileName))) return await inItsPlace(run)
  throw new Refusal(
    `There is no run ${run} in ${runsDirectory}.`,
    `Check the id, or name another directory with --runs-dir DIR. To list the runs: ls ${shellWord(runsDirectory)}`,
  )
}

/**
 * A run's directory by its own name. The runs beside it, and one that goes on from it, are in the directory above, which
 * neither a link elsewhere nor a name such as `.` tells.
 */
async function inItsPlace(path: string): Promise<string> {
  const isNamed = !['', '.', '..'].includes(basename(path))
  return isNamed && !(await lstat(path.replace(/[/\\]+$/, ''))).isSymbolicLink() ? path : await realpath(path)
}

async function findLatest(runsDirectory: string): Promise<string> {
  const runs: { directory: string; created: number }[] = []
  for (const name of (await listNames(runsDirectory)).sort().reverse()) {
    // A name that begins with a dot is not a run: the holds of jobs are there.
    if (name.startsWith('.')) continue
    const directory = join(runsDirectory, name)
    const created = await timeOf(directory)
    if (created !== null) runs.push({ directory, created })
  }
  // Ids that users choose don't sort by time.
  const [newest] = runs.sort((a, b) => b.created - a.created)
  if (newest !== undefined) return newest.directory
  throw new Refusal(
    `There are no runs in ${storeOf(runsDirectory) ?? runsDirectory}.`,
    storeOf(runsDirectory) !== null
      ? 'Submit a run: okta-lifecycle submit'
      : 'Name another directory with --runs-dir DIR, or start a run: okta-lifecycle run',
  )
}

async function listNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    // A directory that exists but can't be read may be full of runs.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * When a run began or, if its `run.json` does not say, when its directory was made; null if the directory is not a run.
 * A copy, or a file system that does not keep that time, may make a run seem newer than it is; then somebody looks at
 * it.
 */
async function timeOf(directory: string): Promise<number | null> {
  if (!(await exists(join(directory, runFileName)))) return null
  const look = await lookAtRun(directory)
  if (look.kind === 'run') return Date.parse(look.run.created_at)
  const { birthtimeMs, ctimeMs } = await stat(directory)
  return birthtimeMs > 0 ? birthtimeMs : ctimeMs
}

/** The error for a runs directory that can't be read. */
export function cannotLook(runsDirectory: string, cause: unknown): KnownError {
  const error = parseSystemError(cause)
  return new Refusal(
    `The runs in ${runsDirectory} can't be read: ${error?.why ?? String(cause)}.`,
    `${error?.fix ?? 'Remove the cause'}, or name another directory with --runs-dir DIR`,
    cause,
  )
}
