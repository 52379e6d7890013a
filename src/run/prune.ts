import { isResumable } from './life.ts'
import type { RunFile } from './run-file.ts'

/**
 * What is known of a directory in a runs directory.
 * - `run`: a run, its directory's name, and when its last execution ended, in epoch ms; null where that is not known.
 * - `other`: a run that can't be read, is damaged or is a copy; `why` is a clause.
 */
export type Prunable =
  | { readonly kind: 'run'; readonly name: string; readonly run: RunFile; readonly endedAt: number | null }
  | { readonly kind: 'other'; readonly name: string; readonly why: string }

/** Whether a run may be removed; `keep` says in a clause why not. */
export interface Pruning {
  readonly name: string
  readonly keep: string | null
}

/** By so many of its latest runs a job's next input is judged (guards.unusual, --if-changed), whatever their age. */
export const keptPerJob = 10

/**
 * Decides which runs are old enough to be removed.
 *
 * - **P1** A run that is not finished or closed stays, and so does one that can't be read, is damaged or is a copy.
 * - **P2** What ended within the time to keep stays, and so does what ended at no known time or in the future.
 * - **P3** A run stays as long as one that goes on from it or takes it back stays: that one is understood by it.
 * - **P4** A run by a saved plan stays: by it the plan is known to have been carried out.
 * - **P5** The latest runs of each job stay.
 *
 * @param now epoch ms
 */
export function judgePruning(found: readonly Prunable[], keepMs: number, now: number): readonly Pruning[] {
  const latest = latestOfJobs(found)
  const reasons = new Map(found.map((one) => [one.name, reasonToKeep(one, { keepMs, now, latest })]))
  const successors = successorsOf(found)
  // P3, until nothing changes: chains may be of any length and in any order.
  for (let changed = true; changed; ) {
    changed = false
    for (const { name } of found) {
      const kept = successors.get(name)?.find((one) => reasons.get(one) !== null && reasons.has(one))
      if (kept === undefined || reasons.get(name) !== null) continue
      reasons.set(name, `run ${kept}, which stays, goes on from it`)
      changed = true
    }
  }
  return found.map(({ name }) => ({ name, keep: reasons.get(name) ?? null }))
}

function reasonToKeep(
  one: Prunable,
  {
    keepMs,
    now,
    latest,
  }: { readonly keepMs: number; readonly now: number; readonly latest: ReadonlySet<string> },
): string | null {
  if (one.kind === 'other') return one.why
  const { run, endedAt, name } = one
  if (isResumable(run.state)) return `it is not finished (${run.state})`
  if (endedAt === null) return 'when it ended is not known'
  if (!(endedAt <= now - keepMs)) return 'it is not old enough'
  if (run.plan !== undefined) return 'it carried out a saved plan, which may be carried out only once'
  if (latest.has(name)) return `it is one of the ${keptPerJob} latest runs of the job ${run.job.name}`
  return null
}

/** The names of the runs that go on from each run. */
function successorsOf(found: readonly Prunable[]): ReadonlyMap<string, readonly string[]> {
  const successors = new Map<string, string[]>()
  const add = (before: string | undefined, after: string): void => {
    if (before !== undefined) successors.set(before, [...(successors.get(before) ?? []), after])
  }
  for (const one of found) {
    if (one.kind === 'other') continue
    add(one.run.retry_of, one.name)
    add(one.run.undo_of, one.name)
    if (one.run.closed_by !== undefined) add(one.name, one.run.closed_by)
  }
  return successors
}

function latestOfJobs(found: readonly Prunable[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  const latest = new Set<string>()
  const runs = found.flatMap((one) => (one.kind === 'run' && one.run.from_job_file === true ? [one] : []))
  for (const { name, run } of runs.toSorted((a, b) => b.run.created_at.localeCompare(a.run.created_at))) {
    const job = `${run.job.name} ${run.org_url}`
    const count = (counts.get(job) ?? 0) + 1
    counts.set(job, count)
    if (count <= keptPerJob) latest.add(name)
  }
  return latest
}
