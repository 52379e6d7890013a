import type { JournalHead } from '../journal/journal-check.ts'
import type { JournalState } from '../journal/journal-state.ts'
import type { ExitCode } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import { type RunFile, sandboxOrgUrl } from '../run/run-file.ts'
import { goalOf, headlineOf } from './headline.ts'
import { nextStep } from './next-step.ts'
import { type Summary, summaryFiles } from './summary.ts'
import type { WrittenTotals } from './totals.ts'

/** What a summary needs to know about an execution that has ended. */
export interface ExecutionFacts {
  readonly state: JournalState
  readonly journal: JournalHead
  /** Null if all tasks have a result. */
  readonly stopped: StopReason | null
}

/** The parts of a summary. */
export interface SummaryParts {
  readonly directory: string
  readonly run: RunFile
  readonly end: ExecutionFacts
  readonly totals: WrittenTotals
  readonly exitCode: ExitCode
}

/** Builds the summary of a run after an execution: counts, timings and paths. */
export function summarize({ directory, run, end, totals, exitCode }: SummaryParts): Summary {
  const { state, stopped } = end
  const { executions } = state
  const { requests, retries } = executions.totals
  const byStatus = [...requests].flatMap(([name, count]) =>
    name.startsWith('http_') ? [[name.slice('http_'.length), count] as const] : [],
  )
  const reads = requests.get('reads') ?? 0
  const roles = requests.get('roles')
  const lifecycle = requests.get('lifecycle') ?? 0
  return {
    run_id: run.run_id,
    retry_of: run.retry_of ?? null,
    undo_of: run.undo_of ?? null,
    ...(run.earlier_runs === undefined ? {} : { earlier_runs: run.earlier_runs }),
    ...(run.not_undone === undefined ? {} : { not_undone: run.not_undone }),
    job: run.job.name,
    org: run.org_url === sandboxOrgUrl ? 'sandbox (a simulated org)' : run.org_url,
    state: stopped?.state ?? 'finished',
    reason: stopped?.message ?? null,
    next: nextStep({
      directory,
      stopped,
      closedBy: run.closed_by ?? null,
      isPutBack: run.put_back === true,
      isAllUndone: (run.not_undone ?? []).length === 0,
      ...totals,
    }),
    exit_code: exitCode,
    headline: headlineOf(
      totals.people,
      goalOf(run.job.steps?.map(({ action }) => action) ?? null, Object.keys(totals.actions)),
      totals.verified.not_known,
      totals.lostLinks,
      run.not_undone?.length,
    ),
    started_at: executions.firstAt ?? run.created_at,
    finished_at: executions.lastStop?.at ?? executions.lastSign ?? run.created_at,
    duration_seconds: executions.workedMs / 1000,
    executions: Math.max(1, executions.count),
    rows: totals.rows,
    control_totals: totals.control,
    people: totals.people,
    tasks: totals.tasks,
    results: totals.results,
    excused: totals.excused,
    rows_to_feed: totals.rowsToFeed,
    actions: totals.actions,
    skipped: totals.skipped,
    ...(Object.values(totals.verified).some((count) => count > 0)
      ? { verified: { ...totals.verified } }
      : {}),
    ...(totals.lostLinks > 0 ? { lost_links: totals.lostLinks } : {}),
    lag: totals.lag === null ? null : { ...totals.lag, worst_over_bound: [...totals.lag.worst_over_bound] },
    next_due_at: totals.nextDueAt,
    requests: {
      total: reads + lifecycle,
      reads,
      ...(roles === undefined ? {} : { roles }),
      lifecycle,
      by_http_status: Object.fromEntries(byStatus),
    },
    retries: Object.fromEntries(retries),
    budget: budgetOf(requests, run.job.pace.share, (bucket) => state.sentRecently.limit(bucket)),
    journal: end.journal,
    files: summaryFiles(directory),
  }
}

/** What was used of each bucket, in the order of their names. */
function budgetOf(
  requests: ReadonlyMap<string, number>,
  share: number,
  limitOf: (bucket: string) => number | null,
): Summary['budget'] {
  const mark = 'bucket_'
  return [...requests]
    .filter(([name, used]) => name.startsWith(mark) && used > 0)
    .map(([name, used]) => ({ bucket: name.slice(mark.length), used }))
    .sort((some, other) => (some.bucket < other.bucket ? -1 : 1))
    .map(({ bucket, used }) => ({ bucket, limit: limitOf(bucket), share, used }))
}
