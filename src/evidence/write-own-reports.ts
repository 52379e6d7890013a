import type { RecordedHead } from '../journal/journal-check.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { factsOfJournal } from '../report/facts-of-journal.ts'
import { reportRows } from '../report/report-rows.ts'
import type { Summary } from '../report/summary.ts'
import { writeReports } from '../report/write-reports.ts'
import { LinkClaims } from '../run/link-claims.ts'
import { journalOf } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'

/** A run on disk, and how far its journal was at its last stop; null if that is not known. */
export interface RecordedRun {
  readonly directory: string
  readonly run: RunFile
  readonly recorded: RecordedHead | null
}

/**
 * Writes the reports of a run into another directory. They depend on nothing but the run: not on how its directory is
 * named, nor on where its activation links are by now.
 *
 * @throws KnownError when the journal is damaged, CannotWrite when a file can't be written
 */
export async function writeOwnReports(
  { directory, run, recorded }: RecordedRun,
  target: string,
): Promise<Summary> {
  const { state, end } = await replayJournal(journalOf(directory, run, recorded))
  return await writeReports(target, run, factsOfJournal(state, end, run.input.tasks), {
    rows: () => reportRows(directory, run, state, LinkClaims.unchecked(run)),
    shownAs: evidenceDirectory(run),
  })
}

/** The run directory as evidence names it, wherever it is. */
export function evidenceDirectory(run: RunFile): string {
  return `runs/${run.run_id}`
}
