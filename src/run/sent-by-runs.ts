import { stat } from 'node:fs/promises'
import { replayJournal } from '../journal/open-journal.ts'
import { rememberMs, type SentRecently } from '../journal/sent-recently.ts'
import { KnownError } from '../messages/known-error.ts'
import type { OldRun } from './old-run.ts'
import { findRetriedRuns } from './retried-runs.ts'
import { journalOf, journalPath } from './run-directory.ts'

/**
 * Adds what a run and the runs that it retries have sent in the last minutes: it counts in windows of the rate limit that
 * are still open, also for a run that goes on from it.
 */
export async function addSentByRuns(sent: SentRecently, from: OldRun): Promise<void> {
  const { runs } = await findRetriedRuns(from.directory, from.run)
  for (const one of [...runs.map((before) => ({ ...before, recorded: null })), from]) {
    if (!(await hasWrittenLately(one.directory))) continue
    try {
      const { state } = await replayJournal(journalOf(one.directory, one.run, one.recorded))
      sent.takeOver(state.sentRecently)
    } catch (error) {
      // A damaged journal of an older run is no reason not to go on from the newer one.
      if (one === from || !(error instanceof KnownError)) throw error
    }
  }
}

/** By the clock of the file system. A journal that is not there has sent nothing, and who needs it will say so. */
async function hasWrittenLately(directory: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(journalPath(directory))).mtimeMs < rememberMs
  } catch {
    return false
  }
}
