import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { listRuns } from './list-runs.ts'
import type { RunFile } from './run-file.ts'

/**
 * Makes sure that no run beside this one goes on from it without its knowledge. A run is told before another one goes on
 * from it, so one that was not told is an older copy: what the other run has done since would be done again.
 *
 * @throws Refusal when there is such a run, or when the runs beside this one can't be read
 */
export async function checkNoNextRun(directory: string, run: Pick<RunFile, 'run_id'>): Promise<void> {
  const next = await nextRunOf(directory, run.run_id)
  if (next === null) return
  throw new Refusal(
    `${directory} is an older copy of run ${run.run_id}, from before run ${next} went on from it. Nothing was sent.`,
    commandFor('resume', { ...runNameOf(directory), runId: next }),
  )
}

/** The run beside this one that retries it or takes it back; null if there is none. */
async function nextRunOf(directory: string, runId: string): Promise<string | null> {
  for (const { look } of await listRuns(dirname(await realpath(directory)))) {
    if (look.kind !== 'run') continue
    const { retry_of: retried, undo_of: undone, run_id: next } = look.run
    if (retried === runId || undone === runId) return next
  }
  return null
}
