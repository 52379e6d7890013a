import { dottedNames, usedColumns } from '../input/column-mapping.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { shellWord } from '../messages/shell-word.ts'
import { describeNext } from '../messages/stop.ts'
import { expectedSkips } from '../rules/result.ts'
import { columnMapping, columnsOfJob } from '../run/input-of-run.ts'
import type { RunFile } from '../run/run-file.ts'
import type { WayOn } from './attention-kinds.ts'
import { exitCodeOf } from './exit-code.ts'
import { type FailedLayout, layOutFailed } from './failed-rows.ts'
import { FeedAgain, lookAtOthers } from './feed-again.ts'
import { newLinksCommand } from './next-step.ts'
import { pageFactsOf } from './page-facts.ts'
import { PageSink } from './page-sink.ts'
import { PageWriter } from './page-writer.ts'
import type { ReportRow } from './report-row.ts'
import { reportRows } from './report-rows.ts'
import { type ExecutionFacts, summarize } from './summarize.ts'
import { type Summary, summaryFiles, writeSummary } from './summary.ts'
import { findEarlierWhy } from './why-column.ts'
import { type ResultsFormat, writeResults } from './write-results.ts'

/** The formats of a run's reports: `csv` is `results.csv` and `failed.csv`, `json` is `summary.json`. */
export const reportFormats = ['html', 'csv', 'jsonl', 'json'] as const
export type ReportFormat = (typeof reportFormats)[number]

export interface ReportsOptions {
  /** Called right before files take their places; throws when they must not. */
  readonly beforeCommit?: () => Promise<void>
  /** All by default. */
  readonly formats?: ReadonlySet<ReportFormat>
  /** The rows to report, asked for again for each pass; by default those of the run in the directory. */
  readonly rows?: () => AsyncIterable<ReportRow>
  /** Called with each row, once. */
  readonly onRow?: (row: ReportRow) => void
  /** The run directory as the reports name it; by default the one that they are written to. */
  readonly shownAs?: string
}

/**
 * Writes the reports of a run after an execution, or again.
 *
 * @throws CannotWrite when a file can't be written
 */
export async function writeReports(
  directory: string,
  run: RunFile,
  end: ExecutionFacts,
  options: ReportsOptions = {},
): Promise<Summary> {
  const {
    beforeCommit = async () => {},
    formats = new Set(reportFormats),
    rows = () => reportRows(directory, run, end.state),
    onRow,
    shownAs = directory,
  } = options
  const page = formats.has('html') ? await PageWriter.open(directory, run.run_id, run.input.tasks) : null
  try {
    const sink = page === null ? null : new PageSink(page)
    const totals = await writeResults(directory, run.input.columns, shownTo(onRow, rows()), {
      formats: new Set<ResultsFormat>((['csv', 'jsonl'] as const).filter((format) => formats.has(format))),
      feeding: await feedingOf(run, end, rows),
      beforeCommit,
      maxLag: run.job.input.due?.max_lag_seconds ?? null,
      layout: await failedLayout(run, rows),
      byteOrderMark: run.job.report.byte_order_mark,
      sink,
    })
    const exitCode = end.stopped?.exitCode ?? exitCodeOf(totals, expectedSkips, run.not_undone)
    const summary = summarize({ directory: shownAs, run, end, totals, exitCode })
    if (page !== null && sink !== null) {
      const attention = sink.attention.attention((way) => commandOf(way, shownAs, run, end.stopped))
      await page.finish(
        pageFactsOf(run, end.state, summary, { attention, values: sink.values() }),
        beforeCommit,
      )
    }
    if (formats.has('json')) {
      await beforeCommit()
      await writeSummary(directory, summary)
    }
    return summary
  } finally {
    await page?.discard()
  }
}

async function* shownTo(
  onRow: ReportsOptions['onRow'],
  rows: AsyncIterable<ReportRow>,
): AsyncGenerator<ReportRow> {
  for await (const row of rows) {
    onRow?.(row)
    yield row
  }
}

/** Goes through all rows a second time, but only if something is left that could be fed again. */
async function feedingOf(
  run: RunFile,
  { state }: ExecutionFacts,
  rows: () => AsyncIterable<ReportRow>,
): Promise<FeedAgain> {
  const settled = (state.counts.get('succeeded') ?? 0) + (state.counts.get('unchanged') ?? 0)
  const others = settled < run.input.tasks ? await lookAtOthers(rows()) : undefined
  return new FeedAgain(others, {
    // A run of the same rows would know neither the plan nor how the run that is undone left the users, nor what another
    // run has done with the rows since.
    leavesRows:
      run.state === 'closed' || run.put_back === true || run.undo_of !== undefined || run.plan !== undefined,
    onlyStatus: run.job.guards.only_status,
  })
}

/** How `failed.csv` is laid out, so that the same job can read it and decides alike. */
async function failedLayout(run: RunFile, rows: () => AsyncIterable<ReportRow>): Promise<FailedLayout> {
  const mapping = columnMapping(run)
  // If no record of a JSON input could be read, its columns are not known: its rows come back under the user's.
  const columns = run.input.columns.length > 0 ? run.input.columns : [mapping.user]
  const named = columnsOfJob(run)
  const earlier = await findEarlierWhy(columns, usedColumns(mapping, named), rows)
  return layOutFailed(columns, dottedNames(columns, [mapping.user, mapping.action, ...named]), earlier)
}

/** The command for a way to go on; null if there is none. */
function commandOf(
  way: WayOn,
  directory: string,
  run: RunFile,
  stopped: ExecutionFacts['stopped'],
): string | null {
  if (way === 'none') return null
  // What stopped the run would stop it again, so the advice that came with the reason is given with the command.
  if (way === 'resume' && stopped !== null) {
    return describeNext(stopped.advice, commandFor(way, runNameOf(directory)))
  }
  if (way === 'new_links') return newLinksCommand
  if (way !== 'feed') return commandFor(way, runNameOf(directory))
  const { action } = run.job
  const flags = run.from_job_file === true ? ' --job FILE' : action === null ? '' : ` --action ${action}`
  return `okta-lifecycle run ${shellWord(summaryFiles(directory).failed_csv)}${flags}`
}
