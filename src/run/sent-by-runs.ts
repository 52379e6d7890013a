import { dirname, join } from 'node:path'
import type { JournalState } from '../journal/journal-state.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { rememberMs, type SentRecently } from '../journal/sent-recently.ts'
import { KnownError } from '../messages/known-error.ts'
import type { OldRun } from './old-run.ts'
import { hasJournal, journalOf } from './run-directory.ts'
import { type RunFile, readRunFile } from './run-file.ts'

/**
 * Adds what a run, and the runs that it retries or takes back, have sent in the last minutes. These requests count in
 * windows of the rate limit that are still open, even for a run that goes on from this one.
 *
 * @param now epoch ms by this machine's clock; if the run began long before that, nothing that earlier runs sent still
 *   counts
 * @throws KnownError when the run's own journal is damaged
 */
export async function addSentByRuns(sent: SentRecently, from: OldRun, now: number): Promise<void> {
  if (!(await hasJournal(from.directory))) return
  add(sent, await replayJournal(journalOf(from.directory, from.run, from.recorded)))
  if (now - Date.parse(from.run.created_at) >= rememberMs) return
  const seen = new Set([from.run.run_id])
  for (let before = runBefore(from.run); before !== undefined && !seen.has(before); ) {
    seen.add(before)
    const directory = join(dirname(from.directory), before)
    try {
      const run = await readRunFile(directory)
      if (await hasJournal(directory)) add(sent, await replayJournal(journalOf(directory, run, null)))
      before = runBefore(run)
    } catch (error) {
      // A damaged older run is no reason not to go on from the newer one.
      if (error instanceof KnownError) return
      throw error
    }
  }
}

function add(sent: SentRecently, { state }: { readonly state: JournalState }): void {
  sent.takeOver(state.sentRecently)
  for (const leftBy of state.openCalls) sent.addUnanswered(leftBy)
}

/** The run that a run retries or takes back. */
function runBefore({ retry_of: retried, undo_of: undone }: RunFile): string | undefined {
  return retried ?? undone
}
