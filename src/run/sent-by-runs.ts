import { dirname, join } from 'node:path'
import type { JournalState } from '../journal/journal-state.ts'
import { replayJournal } from '../journal/open-journal.ts'
import type { SentRecently } from '../journal/sent-recently.ts'
import { KnownError } from '../messages/known-error.ts'
import { lossOfJournal } from './lost-journal.ts'
import type { OldRun } from './old-run.ts'
import { hasJournal, journalOf } from './run-directory.ts'
import { type RunFile, readRunFile } from './run-file.ts'

/**
 * Adds what a run, and the runs that it retries or takes back, have sent in the last minutes. These requests count in
 * windows of the rate limit that are still open, even for a run that goes on from this one.
 *
 * @throws KnownError when the run's own journal is damaged
 */
export async function addSentByRuns(sent: SentRecently, from: OldRun): Promise<void> {
  if (await hasJournal(from.directory))
    add(sent, await replayJournal(journalOf(from.directory, from.run, from.recorded)))
  await addSentBeforeRun(sent, from)
}

/**
 * Adds what the runs that a run retries or takes back have sent in the last minutes. The run's own journal knows the
 * rest. Where one of them can't be read, more may have been sent than is known, and `sent` says so. However long ago the run
 * began by this machine's clock, they are read: that clock may have leapt since.
 */
export async function addSentBeforeRun(
  sent: SentRecently,
  { directory: begun, run: { run_id: runId, ...run } }: Pick<OldRun, 'directory' | 'run'>,
): Promise<void> {
  const seen = new Set([runId])
  for (let before = runBefore(run); before !== undefined && !seen.has(before); ) {
    seen.add(before)
    const directory = join(dirname(begun), before)
    try {
      const run = await readRunFile(directory)
      if (await hasJournal(directory)) add(sent, await replayJournal(journalOf(directory, run, null)))
      else if ((await lossOfJournal(directory, run, null)) !== null) sent.noteUnknown()
      before = runBefore(run)
    } catch (error) {
      if (!(error instanceof KnownError)) throw error
      // A damaged older run is no reason not to go on from the newer one.
      sent.noteUnknown()
      return
    }
  }
}

function add(sent: SentRecently, { state }: { readonly state: JournalState }): void {
  sent.takeOver(state.sentRecently)
  for (const leftBy of state.openCalls) sent.addUnanswered(leftBy)
  if (state.lostSince !== null) sent.noteUnknown()
}

/** The run that a run retries or takes back. */
function runBefore({
  retry_of: retried,
  undo_of: undone,
}: Pick<RunFile, 'retry_of' | 'undo_of'>): string | undefined {
  return retried ?? undone
}
