import { basename, dirname, join } from 'node:path'
import { exists } from '../files/exists.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { KnownError } from '../messages/known-error.ts'
import { moved } from './life.ts'
import { type RunFile, runFileName, writeRunFile } from './run-file.ts'

/**
 * How a run becomes closed: the protocol by which one run goes on from another (R3 in life.ts).
 *
 * The old run first names the run that is to go on from it (`closed_by`); then that one's `run.json` is written; then
 * the old one becomes `closed`. A process that dies in between leaves a run that may be taken up again, or one that is
 * taken up, never two that both may send. Both runs must be held.
 *
 * @param between lays down what the new run needs beside its `run.json`
 */
export async function handOver(
  from: { readonly directory: string; readonly run: RunFile },
  to: { readonly directory: string; readonly run: RunFile },
  between: () => Promise<void>,
): Promise<void> {
  const promised: RunFile = { ...from.run, closed_by: to.run.run_id }
  await writeRunFile(from.directory, promised)
  await between()
  await writeRunFile(to.directory, to.run)
  await writeRunFile(from.directory, moved(promised, 'close', `run ${to.run.run_id} goes on from it`))
}

/**
 * Checks that no other run goes on from a run. A closed run stays closed, also where the other one was moved elsewhere.
 *
 * @throws KnownError where another goes on from it, or was to
 */
export async function checkNotClosed(directory: string, run: RunFile): Promise<void> {
  if (run.closed_by === undefined) return
  const begun = await isTakenUp(directory, run)
  const name = runNameOf(directory)
  throw new KnownError(
    begun
      ? `Run ${run.run_id} is closed: run ${run.closed_by} goes on from it.`
      : `Run ${run.run_id} is closed, and run ${run.closed_by}, which was to go on from it, was never begun.`,
    begun ? commandFor('resume', { ...name, runId: run.closed_by }) : commandFor('retry', name),
  )
}

/** Whether another run has taken this one up. */
export async function isTakenUp(directory: string, run: RunFile): Promise<boolean> {
  if (run.closed_by === undefined) return false
  return (
    run.state === 'closed' || (await exists(join(dirname(directory), basename(run.closed_by), runFileName)))
  )
}
