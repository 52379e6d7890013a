import type { BucketReport } from '../budget/lane.ts'
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
  readonly buckets: readonly BucketReport[]
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
    job: run.job.name,
    org: run.org_url === sandboxOrgUrl ? 'sandbox (a simulated org)' : run.org_url,
    state: stopped?.state ?? 'finished',
    reason: stopped?.message ?? null,
    next: nextStep({ directory, stopped, ...totals }),
    exit_code: exitCode,
    headline: headlineOf(
      totals.people,
      goalOf(run.job.steps?.map(({ action }) => action) ?? null, Object.keys(totals.actions)),
    ),
    started_at: executions.firstAt ?? run.created_at,
    finished_at: executions.lastStop?.at ?? run.created_at,
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
    lag: totals.lag === null ? null : { ...totals.lag, worst_over_bound: [...totals.lag.worst_over_bound] },
    requests: {
      total: reads + lifecycle,
      reads,
      ...(roles === undefined ? {} : { roles }),
      lifecycle,
      by_http_status: Object.fromEntries(byStatus),
    },
    retries: Object.fromEntries(retries),
    budget: end.buckets.flatMap(({ bucket, limit }) => {
      const used = requests.get(`bucket_${bucket}`) ?? 0
      return used === 0 ? [] : [{ bucket, limit, share: run.job.pace.share, used }]
    }),
    journal: end.journal,
    files: summaryFiles(directory),
  }
}
