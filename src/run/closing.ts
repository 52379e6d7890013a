import { basename, dirname, join } from 'node:path'
import { confirmed, type Fence } from '../files/synced-appends.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import type { RunPlace } from './find-run.ts'
import { moved } from './life.ts'
import type { ListedRun } from './list-runs.ts'
import { lookAtRun, lookForRun } from './look-at-run.ts'
import { adviceAt, checkNoNextRun, placesBeside } from './next-run.ts'
import { type RunFile, readRunFile, writeRunFile } from './run-file.ts'
import { withRunLocks } from './run-locks.ts'

/**
 * Closes a run when another run goes on from it (R3 in life.ts).
 *
 * First the old run names the new one (`closed_by`). Then the new run's `run.json` is written. Then the old run becomes
 * `closed`. A process that dies in between leaves either an old run that may be retried again or a new run that goes on
 * from it, but never two runs that may both send. Both runs must be held: while a person was asked, another process may
 * have taken the old run over and gone on with it.
 *
 * @param hold checked before each write
 * @param between prepares what the new run needs besides its `run.json`
 */
export async function handOver(
  from: { readonly directory: string; readonly run: RunFile },
  to: { readonly directory: string; readonly run: RunFile },
  hold: Fence,
  between: () => Promise<void>,
): Promise<void> {
  const promised: RunFile = { ...from.run, closed_by: to.run.run_id }
  // A person may have removed the hold, and begun to resume the old run: then each of them would send.
  await confirmed(hold)
  await writeRunFile(from.directory, promised)
  await between()
  await confirmed(hold)
  await writeRunFile(to.directory, to.run)
  await hold.ensure()
  await writeRunFile(from.directory, closedBy(promised, to.run.run_id))
  // In a store both runs change at once.
  await hold.elsewhere?.files()
}

/**
 * Finishes the handing over of a run if the process that did it died in between: the old run already names this one,
 * but is not closed yet. Does nothing if another process holds the old run, or if its `run.json` is damaged: then nothing
 * else can go on from it either.
 *
 * @param directory of the new run, which must be held
 */
export async function finishHandOver(directory: string, run: RunFile): Promise<void> {
  const old = run.retry_of ?? run.undo_of
  if (old === undefined) return
  const from = join(dirname(directory), basename(old))
  try {
    if (!(await isPromised(from, run))) return
    await withRunLocks(from, null, {}, async (hold) => {
      if (!(await isPromised(from, run))) return
      const promised = await readRunFile(from)
      await hold.ensure()
      await writeRunFile(from, closedBy(promised, run.run_id))
      await hold.elsewhere?.files()
    })
  } catch (error) {
    if (!(error instanceof KnownError)) throw error
  }
}

/** Whether a run names another one that goes on from it, and is not closed. */
async function isPromised(directory: string, to: RunFile): Promise<boolean> {
  const look = await lookAtRun(directory)
  return look.kind === 'run' && look.run.closed_by === to.run_id && look.run.state !== 'closed'
}

function closedBy(promised: RunFile, by: string): RunFile {
  const closed = moved(promised, 'close', `run ${by} goes on from it`)
  return { ...closed, closed_from: promised.closed_from ?? promised.state }
}

/**
 * Checks that no other run goes on from this one. A closed run stays closed, even if the other run was moved elsewhere.
 *
 * @param command what a person wants to do with the run: once the other run has finished, it is done with that one
 * @throws KnownError when another run goes on from it or was meant to
 */
export async function checkNotClosed(
  at: RunPlace,
  run: RunFile,
  command: 'resume' | 'retry' | 'undo',
): Promise<void> {
  if (run.closed_by === undefined) return await checkNoNextRun(at, run, command)
  const name = runNameOf(at.directory)
  if (!(await isTakenUp(at, run)))
    throw new Refusal(
      `Run ${run.run_id} is closed, but run ${run.closed_by}, which was meant to go on from it, never began.`,
      `Type again what was typed then: ${commandFor('retry', name)}, or ${commandFor('undo', name)} if that is what was begun`,
    )
  const next = await findNext(at, run.closed_by)
  throw new Refusal(
    `Run ${run.run_id} is closed: run ${run.closed_by} goes on from it.`,
    next === null
      ? commandFor('resume', { ...name, runId: run.closed_by })
      : adviceAt(next, command, commandFor(command, name)),
  )
}

/** Whether another run goes on from this one. */
export async function isTakenUp(at: RunPlace, run: RunFile): Promise<boolean> {
  if (run.closed_by === undefined) return false
  return run.state === 'closed' || (await findNext(at, run.closed_by)) !== null
}

/** The run that goes on from another one, or what is left of it; null if it never began, or is elsewhere. */
async function findNext(at: RunPlace, by: string): Promise<ListedRun | null> {
  const name = basename(by)
  for (const place of await placesBeside(at)) {
    const next = join(place, name)
    const look = await lookForRun(next)
    if (look.kind !== 'none') return { name, directory: next, look }
  }
  return null
}
