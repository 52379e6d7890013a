import { randomUUID } from 'node:crypto'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isBegunFile } from '../files/replacing-file.ts'
import { syncPath } from '../files/sync-path.ts'

/** The files that a run directory may hold. */
const ours =
  /^(?:run\.json|journal\.head|journal\.ndjson(?:\.damaged-\w+|\.sound)?|results\.(?:csv|jsonl)|failed\.csv|summary\.json|report\.html|run\.log|plan\.json|sandbox\.json|lock|input\.(?:csv|json|jsonl|xlsx)|\.started-by-okta-lifecycle)$/

/** The name of a directory that is about to be removed. It begins with a dot: no run has such a name. */
const goingName = /^\.pruned-[0-9a-f-]{36}$/

/** Why a run directory must not be removed as a whole, in a clause; null if it holds only what this program wrote. */
export async function findForeign(directory: string): Promise<string | null> {
  if (!(await lstat(directory)).isDirectory()) return 'its directory is a link'
  const entries = await readdir(directory, { withFileTypes: true })
  const foreign = entries.find((entry) => {
    const isOurs = ours.test(entry.name) || isBegunFile(entry.name)
    // Of what this program writes, only the lock is a directory, and nothing is a link.
    return !isOurs || !(entry.name === 'lock' ? entry.isDirectory() : entry.isFile())
  })
  return foreign === undefined
    ? null
    : `it contains a file that okta-lifecycle did not write (${foreign.name})`
}

/**
 * Removes a run directory. It must be held. A process that dies on the way leaves no half of a run: the directory first
 * gets a name under which it is not a run any more.
 *
 * @throws what the system reports
 */
export async function pruneRun(directory: string): Promise<void> {
  const going = join(dirname(directory), `.pruned-${randomUUID()}`)
  await rename(directory, going)
  await syncPath(dirname(directory))
  await rm(going, { recursive: true, force: true })
}

/** Removes what an earlier process did not finish removing. */
export async function removeGoing(runsDirectory: string): Promise<void> {
  for (const name of await readdir(runsDirectory)) {
    if (goingName.test(basename(name))) await rm(join(runsDirectory, name), { recursive: true, force: true })
  }
}
