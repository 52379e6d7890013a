import { isOver } from '../run/life.ts'
import type { RunFile } from '../run/run-file.ts'
import type { Tables } from './tables.ts'

/** A worker that has not said for this long that it is there counts as gone, in ms. It says so each 15 s. */
export const goneAfterMs = 60_000
/** After this time nothing is known of it any more, in ms. */
export const forgottenAfterMs = 10 * goneAfterMs

/** Why a run is left to people although it has not ended, as a sentence; null if that is for another reason. */
export async function whyRestored(
  { runs }: Pick<Tables, 'runs'>,
  { run_id: runId, state }: Pick<RunFile, 'run_id' | 'state'>,
): Promise<string | null> {
  const run = await runs.look(runId)
  return run?.isRestored === true && !isOver(state)
    ? 'The store was restored from an older copy: unless it was undone since, resume it with --take-sound-part.'
    : null
}

/** Why a run still waits, as a sentence; null if a worker will take it up any moment. */
export async function whyWaiting(
  { workers }: Pick<Tables, 'workers'>,
  runId: string,
): Promise<string | null> {
  const facts = await workers.waitFacts(runId)
  if (facts === null) return null
  if (facts.workers === 0) return 'No worker is there.'
  if (facts.able === 0) return `No worker that is there has credentials for ${facts.orgUrl}.`
  return facts.before === null ? null : `Run ${facts.before} of the same job goes first.`
}
