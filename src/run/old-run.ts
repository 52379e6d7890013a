import type { RecordedHead } from '../journal/journal-check.ts'
import type { RunFile } from './run-file.ts'

/** The run that another run goes on from. */
export interface OldRun {
  readonly directory: string
  readonly run: RunFile
  /** How far its journal was at the last stop; null if that is not known. */
  readonly recorded: RecordedHead | null
}

/** The directory and the id of a run that is about to begin. */
export interface NextRun {
  readonly directory: string
  readonly runId: string
}
