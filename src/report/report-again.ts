import type { Fence } from '../files/synced-appends.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { journalOf } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import { factsOfJournal } from './facts-of-journal.ts'
import { readRecordedHead, type Summary } from './summary.ts'
import { type ReportFormat, reportFormats, writeReports } from './write-reports.ts'

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
  formats: ReadonlySet<ReportFormat> = new Set(reportFormats),
): Promise<Summary> {
  const recorded = await readRecordedHead(directory)
  const { state, end } = await replayJournal(journalOf(directory, run, recorded))
  const facts = factsOfJournal(state, end, run.input.tasks)
  return await writeReports(directory, run, facts, { beforeCommit: () => hold.ensure(), formats })
}
