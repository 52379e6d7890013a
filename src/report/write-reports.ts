import { expectedSkips } from '../rules/result.ts'
import type { RunFile } from '../run/run-file.ts'
import { exitCodeOf } from './exit-code.ts'
import { reportRows } from './report-rows.ts'
import { type ExecutionFacts, summarize } from './summarize.ts'
import { type Summary, writeSummary } from './summary.ts'
import { writeResults } from './write-results.ts'

/**
 * Writes the results and the summary of a run after an execution.
 *
 * @throws CannotWrite when a file can't be written
 */
export async function writeReports(directory: string, run: RunFile, end: ExecutionFacts): Promise<Summary> {
  const totals = await writeResults(directory, run.input.columns, reportRows(directory, run, end.state))
  const exitCode = end.stopped?.exitCode ?? exitCodeOf(totals, expectedSkips)
  const summary = summarize({ directory, run, end, totals, exitCode })
  await writeSummary(directory, summary)
  return summary
}
