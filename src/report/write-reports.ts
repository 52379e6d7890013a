import { dottedNames, usedColumns } from '../input/column-mapping.ts'
import { expectedSkips } from '../rules/result.ts'
import { columnMapping, columnsOfJob } from '../run/input-of-run.ts'
import type { RunFile } from '../run/run-file.ts'
import { exitCodeOf } from './exit-code.ts'
import { type FailedLayout, layOutFailed } from './failed-rows.ts'
import { FeedAgain, findSuperseded } from './feed-again.ts'
import type { ReportRow } from './report-row.ts'
import { reportRows } from './report-rows.ts'
import { type ExecutionFacts, summarize } from './summarize.ts'
import { type Summary, writeSummary } from './summary.ts'
import { findEarlierWhy } from './why-column.ts'
import { writeResults } from './write-results.ts'

/**
 * Writes the results and the summary of a run after an execution.
 *
 * @param beforeCommit called right before files take their places; throws when they must not
 * @throws CannotWrite when a file can't be written
 */
export async function writeReports(
  directory: string,
  run: RunFile,
  end: ExecutionFacts,
  beforeCommit: () => Promise<void> = async () => {},
): Promise<Summary> {
  const rows = (): AsyncIterable<ReportRow> => reportRows(directory, run, end.state)
  // A second look at all rows only where something is left that could be fed again.
  const settled = (end.state.counts.get('succeeded') ?? 0) + (end.state.counts.get('unchanged') ?? 0)
  const superseded = settled < run.input.tasks ? await findSuperseded(rows()) : undefined
  const maxLag = run.job.input.due?.max_lag_seconds ?? null
  const feeding = new FeedAgain(superseded)
  const totals = await writeResults(
    directory,
    run.input.columns,
    rows(),
    feeding,
    beforeCommit,
    maxLag,
    await failedLayout(run, rows),
  )
  const exitCode = end.stopped?.exitCode ?? exitCodeOf(totals, expectedSkips)
  const summary = summarize({ directory, run, end, totals, exitCode })
  await beforeCommit()
  await writeSummary(directory, summary)
  return summary
}

/** How `failed.csv` is laid out, so that the same job can be fed with it and decides alike. */
async function failedLayout(run: RunFile, rows: () => AsyncIterable<ReportRow>): Promise<FailedLayout> {
  const { columns } = run.input
  const mapping = columnMapping(run)
  const named = columnsOfJob(run)
  const earlier = await findEarlierWhy(columns, usedColumns(mapping, named), rows)
  return layOutFailed(columns, dottedNames(columns, [mapping.user, mapping.action, ...named]), earlier)
}
