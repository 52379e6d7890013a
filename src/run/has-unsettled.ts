import { mayBeNone } from '../journal/journal-check.ts'
import { replayJournal } from '../journal/open-journal.ts'
import type { OldRun } from './old-run.ts'
import { hasJournal, journalOf } from './run-directory.ts'

/**
 * Whether a run has calls without a known outcome, or with an answer but no result yet. A run that goes on from it
 * settles them first.
 */
export async function hasUnsettled({ directory, run, recorded }: OldRun): Promise<boolean> {
  const file = journalOf(directory, run, recorded)
  if (mayBeNone(file.recorded) && !(await hasJournal(directory))) return false
  const { state } = await replayJournal(file)
  const { open, applied } = state.underWay
  // After the loss of a part of the journal, any task without a result may have been sent.
  return open + applied > 0 || (state.lostSince !== null && state.done < run.input.tasks)
}
