import { dirname, join } from 'node:path'
import { KnownError } from '../messages/known-error.ts'
import { type RunFile, readRunFile } from './run-file.ts'

/** A run that a later one retries. */
interface RetriedRun {
  readonly directory: string
  readonly run: RunFile
}

/** The runs behind a retry. */
export interface RetriedRuns {
  /** The oldest first. */
  readonly runs: readonly RetriedRun[]
  /** Why the run before them can't be read; null if there is none, or if all can be read. */
  readonly missing: { readonly run: string; readonly why: string } | null
}

/** Follows `retry_of` back from a run, through the runs directory that holds it. */
export async function findRetriedRuns(directory: string, { retry_of: of }: RunFile): Promise<RetriedRuns> {
  const runs: RetriedRun[] = []
  for (let name = of; name !== undefined; name = runs[0]?.run.retry_of) {
    const before = join(dirname(directory), name)
    try {
      runs.unshift({ directory: before, run: await readRunFile(before) })
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      return { runs, missing: { run: name, why: error.message } }
    }
  }
  return { runs, missing: null }
}
