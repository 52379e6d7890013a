import { expectedSkips } from '../rules/result.ts'
import type { RunFile } from '../run/run-file.ts'
import { exitCodeOf } from './exit-code.ts'
import { FeedAgain, findSuperseded } from './feed-again.ts'
import type { ReportRow } from './report-row.ts'
import { reportRows } from './report-rows.ts'
import { type ExecutionFacts, summarize } from './summarize.ts'
import { type Summary, writeSummary } from './summary.ts'
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
  const { user, action } = run.input.mapping
  const dotted = [user, action ?? ''].filter((column) => column.includes('.'))
  const totals = await writeResults(
    directory,
    run.input.columns,
    rows(),
    feeding,
    beforeCommit,
    maxLag,
    dotted,
  )
  const exitCode = end.stopped?.exitCode ?? exitCodeOf(totals, expectedSkips)
  const summary = summarize({ directory, run, end, totals, exitCode })
  await beforeCommit()
  await writeSummary(directory, summary)
  return summary
}
