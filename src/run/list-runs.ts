import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '../files/exists.ts'
import { cannotLook } from './find-run.ts'
import { lookAtRun, type RunLook } from './look-at-run.ts'
import { hasBegun, hasStartMark } from './run-directory.ts'

/** A run in a runs directory, or what is left of one. */
export interface ListedRun {
  /** The name of its directory, which is the id of a run that was not renamed. */
  readonly name: string
  readonly directory: string
  readonly look: Exclude<RunLook, { kind: 'none' }>
}

/**
 * All runs in a runs directory, by name. A directory without `run.json` counts only if a run has begun in it. A runs
 * directory that does not exist has none.
 *
 * @throws Refusal when it can't be read
 */
export async function listRuns(runsDirectory: string): Promise<readonly ListedRun[]> {
  const runs: ListedRun[] = []
  for (const name of await namesIn(runsDirectory)) {
    const directory = join(runsDirectory, name)
    const look = await lookAtRun(directory)
    // A run may be removed while others are looked at.
    if (!(await exists(directory))) continue
    if (look.kind !== 'none') runs.push({ name, directory, look })
    // A retry writes what it takes over before its run.json. As long as our mark is there, nothing was ever sent.
    else if ((await hasBegun(directory)) && !(await hasStartMark(directory))) {
      const lost = {
        kind: 'unreadable',
        job: null,
        why: `${directory} has a journal, or what is kept beside one, but no run.json.`,
      } as const
      runs.push({ name, directory, look: lost })
    }
  }
  return runs
}

async function namesIn(runsDirectory: string): Promise<readonly string[]> {
  try {
    // A name that begins with a dot is not a run: the holds of jobs are there.
    return (await readdir(runsDirectory)).filter((name) => !name.startsWith('.')).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cannotLook(runsDirectory, error)
  }
}
