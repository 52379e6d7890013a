import type { ExecutionEnd } from '../engine/execution.ts'
import type { ExitCode } from '../messages/known-error.ts'
import { type RunFile, sandboxOrgUrl } from '../run/run-file.ts'
import { type Summary, summaryFiles } from './summary.ts'
import type { ResultTotals } from './totals.ts'

/** What a summary is made of. */
export interface SummaryParts {
  readonly directory: string
  readonly run: RunFile
  readonly end: ExecutionEnd
  readonly totals: ResultTotals
  readonly exitCode: ExitCode
}

/** Puts the counts, timings and paths of a run together after an execution. */
export function summarize({ directory, run, end, totals, exitCode }: SummaryParts): Summary {
  const { state, stopped } = end
  const { requests, retries } = state.totals
  const byStatus = [...requests].flatMap(([name, count]) =>
    name.startsWith('http_') ? [[name.slice('http_'.length), count] as const] : [],
  )
  const reads = requests.get('reads') ?? 0
  const lifecycle = requests.get('lifecycle') ?? 0
  return {
    run_id: run.run_id,
    retry_of: run.retry_of ?? null,
    job: run.job.name,
    org: run.org_url === sandboxOrgUrl ? 'sandbox (a simulated org)' : run.org_url,
    state: stopped?.state ?? 'finished',
    reason: stopped?.message ?? null,
    exit_code: exitCode,
    started_at: state.firstExecutionAt ?? run.created_at,
    finished_at: state.lastStop?.at ?? run.created_at,
    duration_seconds: state.workedMs / 1000,
    executions: Math.max(1, state.executions),
    rows: totals.rows,
    tasks: totals.tasks,
    results: totals.results,
    actions: totals.actions,
    skipped: totals.skipped,
    requests: { total: reads + lifecycle, reads, lifecycle, by_http_status: Object.fromEntries(byStatus) },
    retries: Object.fromEntries(retries),
    budget: end.buckets.flatMap(({ bucket, limit }) => {
      const used = requests.get(`bucket_${bucket}`) ?? 0
      return used === 0 ? [] : [{ bucket, limit, share: run.job.pace.share, used }]
    }),
    journal: end.journal,
    files: summaryFiles(directory),
  }
}
