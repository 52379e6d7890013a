import { dirname, join } from 'node:path'
import { KnownError } from '../messages/known-error.ts'
import { type RunFile, readRunFile, runsBefore } from './run-file.ts'

/** A run that a later one retries. */
interface RetriedRun {
  readonly directory: string
  readonly run: RunFile
}

/** A run that can't be read. */
export interface MissingRun {
  readonly run: string
  /** The runs that it goes on from, as far as a later one names them, the first one first. */
  readonly before: readonly string[]
  readonly why: string
}

/** The runs behind a retry. */
export interface RetriedRuns {
  /** The oldest first. */
  readonly runs: readonly RetriedRun[]
  /** Why the run before them can't be read; null if there is none, or if all can be read. */
  readonly missing: MissingRun | null
}

/**
 * Follows `retry_of` back from a run, through the runs directory that holds it. A run that was never told of the one that
 * retries it is an older copy, which does not show all that was done, so it counts as one that can't be read.
 */
export async function findRetriedRuns(directory: string, run: RunFile): Promise<RetriedRuns> {
  const runs: RetriedRun[] = []
  let by = run
  for (let name = by.retry_of; name !== undefined; name = by.retry_of) {
    const at = join(dirname(directory), name)
    const before = runsBefore(by).slice(0, -1)
    try {
      const retried = await readRunFile(at)
      if (retried.closed_by !== by.run_id) {
        const why = `${at} is an older copy of it, from before run ${by.run_id} went on from it.`
        return { runs, missing: { run: name, before, why } }
      }
      runs.unshift({ directory: at, run: retried })
      by = retried
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      return { runs, missing: { run: name, before, why: error.message } }
    }
  }
  return { runs, missing: null }
}
