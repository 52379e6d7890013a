import { replayJournal } from '../journal/open-journal.ts'
import { rememberMs, type SentRecently } from '../journal/sent-recently.ts'
import { KnownError } from '../messages/known-error.ts'
import type { OldRun } from './old-run.ts'
import { findRetriedRuns } from './retried-runs.ts'
import { hasJournal, journalOf } from './run-directory.ts'

/**
 * Adds what a run and the runs that it retries have sent in the last minutes: it counts in windows of the rate limit
 * that are still open, also for a run that goes on from it.
 *
 * @param now epoch ms by this machine's clock; a run that began long before it has no retried run that still counts
 * @throws KnownError when the run's own journal is damaged
 */
export async function addSentByRuns(sent: SentRecently, from: OldRun, now: number): Promise<void> {
  if (!(await hasJournal(from.directory))) return
  sent.takeOver((await replayJournal(journalOf(from.directory, from.run, from.recorded))).state.sentRecently)
  if (now - Date.parse(from.run.created_at) >= rememberMs) return
  const { runs } = await findRetriedRuns(from.directory, from.run)
  for (const { directory, run } of runs) {
    try {
      if (!(await hasJournal(directory))) continue
      sent.takeOver((await replayJournal(journalOf(directory, run, null))).state.sentRecently)
    } catch (error) {
      // A damaged journal of an older run is no reason not to go on from the newer one.
      if (!(error instanceof KnownError)) throw error
    }
  }
}
