import { basename, dirname, join } from 'node:path'
import { KnownError } from '../known-error.ts'
import { shellWord } from '../shell-word.ts'
import { exists } from './run-directory.ts'
import { type RunFile, runFileName } from './run-file.ts'

/**
 * Checks that no other run goes on from a run.
 *
 * A run is closed before the run that takes it up has its `run.json`: a process that dies in between leaves a closed run
 * that may be taken up again, never two that both may send.
 *
 * @throws KnownError where it is closed
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

/** Whether the run that closed this one was begun. */
export async function isTakenUp(directory: string, run: RunFile): Promise<boolean> {
  if (run.closed_by === undefined) return false
  return await exists(join(dirname(directory), basename(run.closed_by), runFileName))
}
