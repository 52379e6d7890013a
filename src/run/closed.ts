import { basename, dirname, join } from 'node:path'
import { KnownError } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { exists } from './run-directory.ts'
import { type RunFile, runFileName } from './run-file.ts'

/**
 * Checks that no other run goes on from a run.
 *
 * A run is closed in steps: it names the run that is to take it up (`closed_by`), that one's `run.json` is written, and then
 * its own state becomes `closed`. A process that dies in between leaves a run that may be taken up again, or one that is
 * taken up, never two that both may send. A closed run stays closed, also where the other one was moved elsewhere.
 *
 * @throws KnownError where another goes on from it, or was to
 */
export async function checkNotClosed(directory: string, run: RunFile): Promise<void> {
  if (run.closed_by === undefined) return
  const begun = await isTakenUp(directory, run)
  throw new KnownError(
    begun
      ? `Run ${run.run_id} is closed: run ${run.closed_by} goes on from it.`
      : `Run ${run.run_id} is closed, and run ${run.closed_by}, which was to go on from it, was never begun.`,
    begun
      ? `okta-lifecycle resume ${shellWord(run.closed_by)}`
      : `okta-lifecycle retry ${shellWord(run.run_id)}`,
  )
}

/** Whether another run has taken this one up. */
export async function isTakenUp(directory: string, run: RunFile): Promise<boolean> {
  if (run.closed_by === undefined) return false
  return (
    run.state === 'closed' || (await exists(join(dirname(directory), basename(run.closed_by), runFileName)))
  )
}
