import type { Fence } from '../files/synced-appends.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { factsOfJournal } from '../report/facts-of-journal.ts'
import { readRecordedHead } from '../report/summary.ts'
import { type ReportFormat, writeReports } from '../report/write-reports.ts'
import { journalOf } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'

/**
 * Writes a run's reports again, from its journal alone. The run must be held, so that no other process writes the same
 * files meanwhile.
 *
 * @throws KnownError when the journal is damaged, CannotWrite when a file can't be written
 */
export async function reportAgain(
  directory: string,
  run: RunFile,
  hold: Fence,
  formats: ReadonlySet<ReportFormat>,
): Promise<void> {
  const recorded = await readRecordedHead(directory)
  const { state, end } = await replayJournal(journalOf(directory, run, recorded))
  const facts = factsOfJournal(state, end, run.input.tasks)
  await writeReports(directory, run, facts, () => hold.ensure(), formats)
}
