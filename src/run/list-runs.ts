import { lstat, readdir } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { parseSystemError } from '../files/system-error.ts'
import { type KnownError, Refusal } from '../messages/known-error.ts'
import { lookForRun, type RunLook } from './look-at-run.ts'

/** A run in a runs directory, or what is left of one. */
export interface ListedRun {
  /** The name of its directory, which is the id of a run that was not renamed. */
  readonly name: string
  readonly directory: string
  readonly look: Exclude<RunLook, { kind: 'none' }>
}

/**
 * All runs in a runs directory, by name. A directory without `run.json` counts only if a run has begun in it, or if it is
 * a link to what is not there. A runs directory that does not exist has none.
 *
 * @throws Refusal when it can't be read
 */
export async function listRuns(runsDirectory: string): Promise<readonly ListedRun[]> {
  const runs: ListedRun[] = []
  for (const name of await namesIn(runsDirectory)) {
    const directory = join(runsDirectory, name)
    const look = await lookForRun(directory)
    // A run may be removed while others are looked at.
    if (look.kind !== 'none' && (await isThere(directory))) runs.push({ name, directory, look })
  }
  return runs
}

async function namesIn(runsDirectory: string): Promise<readonly string[]> {
  try {
    // As the text says, like each path below it: behind a link, the system would take `..` elsewhere.
    const names = await readdir(normalize(runsDirectory))
    // A name that begins with a dot is not a run: the holds of jobs are there.
    return names.filter((name) => !name.startsWith('.')).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cannotLook(runsDirectory, error)
  }
}

/** Whether a name is there, even if it is a link that leads nowhere. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
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
