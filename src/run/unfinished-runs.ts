import { join } from 'node:path'
import { exists } from '../files/exists.ts'
import { commandFor } from '../messages/commands.ts'
import { shown } from '../messages/shown.ts'
import { isResumable } from './life.ts'
import type { RunFile } from './run-file.ts'
import { readRunsOfJob } from './runs-of-job.ts'

/**
 * What a person must know of a job's unfinished runs before another one begins: nothing in that one keeps a later resume
 * of an old one from doing the same rows again. Null if there are none. The job must be held, so that nobody is at work
 * on one of them.
 */
export async function warnOfUnfinished(
  runsDirectory: string,
  job: string,
  orgUrl: string,
): Promise<string | null> {
  const found = await readRunsOfJob(runsDirectory, job, orgUrl)
  if ('unreadable' in found)
    return `Whether job ${shown(job)} has an unfinished run is not known: ${found.unreadable}`
  const unfinished: RunFile[] = []
  for (const run of found.runs) {
    // Nobody has agreed to a run that is new, and a run that gave way to another one can't be resumed.
    const isOpen = isResumable(run.state) && run.state !== 'new' && run.closed_by === undefined
    // The directory of a copy has another name.
    const isCopy = unfinished.some(({ run_id: id }) => id === run.run_id)
    if (isOpen && !isCopy && (await exists(join(runsDirectory, run.run_id)))) unfinished.push(run)
  }
  const [oldest] = unfinished.toSorted((some, other) => some.created_at.localeCompare(other.created_at))
  if (oldest === undefined) return null
  const runs =
    unfinished.length === 1
      ? `an unfinished run, ${oldest.run_id}`
      : `${unfinished.length} unfinished runs, the oldest of which is ${oldest.run_id}`
  const resume = commandFor('resume', { runId: oldest.run_id, runsDirectory })
  return `Job ${shown(job)} has ${runs}: rows of it that are in this input too will be done twice if somebody resumes it later. To go on with it instead: ${resume}`
}
