import type { JournalState } from '../journal/journal-state.ts'
import { replayJournal } from '../journal/open-journal.ts'
import { factsOfJournal } from '../report/facts-of-journal.ts'
import type { ReportRow } from '../report/report-row.ts'
import { reportRows } from '../report/report-rows.ts'
import { writeReports } from '../report/write-reports.ts'
import { LinkClaims } from '../run/link-claims.ts'
import { journalOf, journalPath } from '../run/run-directory.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import { digestFile } from './digest-file.ts'
import type { EvidenceSource } from './evidence.ts'
import { redactJournal } from './redact-journal.ts'
import { redactRow } from './redact-row.ts'
import { redactRun } from './redact-run.ts'
import { Redactor } from './redactor.ts'
import { evidenceDirectory, type RecordedRun } from './write-own-reports.ts'

/**
 * Makes a copy of a run that names nobody, with reports of its own, in an empty directory. Its counts are those of the
 * run.
 *
 * @throws KnownError when the journal is damaged, CannotWrite when a file can't be written
 */
export async function makeRedactedCopy(
  { directory, run, recorded }: RecordedRun,
  target: string,
): Promise<EvidenceSource> {
  const file = journalOf(directory, run, recorded)
  const { state, end } = await replayJournal(file)
  const { journal: original } = factsOfJournal(state, end, run.input.tasks)
  const redactor = new Redactor(Buffer.from((await digestFile(file.path)).sha256, 'hex'))
  await redactJournal(file.path, { run: run.run_id, head: original }, journalPath(target), redactor)
  const redacted = redactRun(run, redactor)
  await writeRunFile(target, redacted)
  const copied = await replayJournal(journalOf(target, redacted, null))
  const summary = await writeReports(
    target,
    redacted,
    factsOfJournal(copied.state, copied.end, redacted.input.tasks),
    { rows: () => redactedRows(directory, run, state, redactor), shownAs: evidenceDirectory(run) },
  )
  return { directory: target, reports: target, run: redacted, summary, original }
}

async function* redactedRows(
  directory: string,
  run: RunFile,
  state: JournalState,
  redactor: Redactor,
): AsyncGenerator<ReportRow> {
  for await (const row of reportRows(directory, run, state, LinkClaims.unchecked(run)))
    yield redactRow(row, redactor)
}
