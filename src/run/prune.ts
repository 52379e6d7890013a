import { historyOf } from './job-history.ts'
import { isResumable } from './life.ts'
import { type RunFile, runsBefore } from './run-file.ts'

/**
 * What is known about a directory in a runs directory.
 * - `run`: a run, its directory's name, and when its last execution ended, in epoch ms; null where that is not known.
 * - `other`: a run that can't be read, is damaged or is a copy; `why` is a clause. `names` are the runs that it names, as far
 *   as that can be read.
 */
export type Prunable =
  | { readonly kind: 'run'; readonly name: string; readonly run: RunFile; readonly endedAt: number | null }
  | {
      readonly kind: 'other'
      readonly name: string
      readonly why: string
      readonly names: readonly string[]
    }

/** Whether a run may be removed; `keep` says in a clause why not. */
export interface Pruning {
  readonly name: string
  readonly keep: string | null
  /** The runs that must go or stay together with it (P3), itself included, in the order in which they began. */
  readonly together: readonly string[]
}

/**
 * How many of a job's latest runs of each kind stay, whatever their age: the guard against unusual inputs judges by
 * them.
 */
export const keptPerJob = 10

/**
 * Decides which runs are old enough to be removed.
 *
 * - **P1** A run that is not finished or closed stays, and so does one that can't be read, is damaged or is a copy.
 * - **P2** What ended within the time to keep stays, and so does what ended at no known time or in the future.
 * - **P3** A run stays as long as a run stays that goes on from it, or from which it goes on, also by way of runs that
 *   are gone: each is needed to understand the other, and the later one shows whether the earlier one is an older copy.
 * - **P4** A run that carried out a saved plan stays: it shows that the plan was carried out.
 * - **P5** The latest run of each job stays, and so do its latest runs of each kind, by which its next input is judged.
 *
 * @param now epoch ms
 */
export function judgePruning(found: readonly Prunable[], keepMs: number, now: number): readonly Pruning[] {
  const latest = latestOfJobs(found)
  const reasons = new Map(found.map((one) => [one.name, reasonToKeep(one, { keepMs, now, latest })]))
  const neighbours = neighboursOf(found)
  return found.map(({ name }) => {
    const linked = linkedTo(name, neighbours)
    // P3: a run between two others may be gone by now, and links them all the same.
    const kept = [...linked].find((one) => (reasons.get(one) ?? null) !== null)
    const keep =
      reasons.get(name) ?? (kept === undefined ? null : `it is linked to run ${kept}, which is kept`)
    return { name, keep, together: inOrder(found, linked) }
  })
}

/** A run and all that are joined to it, directly or through others, the nearest first. */
function linkedTo(name: string, neighbours: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([name])
  for (const one of reached) for (const other of neighbours.get(one) ?? []) reached.add(other)
  return reached
}

/** The runs among them, oldest first: the order in which to hold them. */
function inOrder(found: readonly Prunable[], linked: ReadonlySet<string>): readonly string[] {
  return found
    .flatMap((one) => (one.kind === 'run' && linked.has(one.name) ? [one] : []))
    .toSorted((some, other) => some.run.created_at.localeCompare(other.run.created_at))
    .map((one) => one.name)
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
  if (endedAt === null)
    return 'when it ended is not known: it has no summary, which the command report writes'
  if (!(endedAt <= now - keepMs)) return 'it is not old enough'
  if (run.plan !== undefined) return 'it carried out a saved plan, which may be carried out only once'
  if (latest.has(name)) return `the next input of the job ${run.job.name} is compared with it`
  return null
}

/** The names of the runs that go on from each run, and of those that it goes on from. */
function neighboursOf(found: readonly Prunable[]): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>()
  const join = (one: string, other: string): void => {
    neighbours.set(one, [...(neighbours.get(one) ?? []), other])
    neighbours.set(other, [...(neighbours.get(other) ?? []), one])
  }
  for (const one of found) {
    const names = one.kind === 'run' ? runsNamedBy(one.run) : one.names
    for (const named of names) if (named !== one.name) join(one.name, named)
  }
  return neighbours
}

/** The runs that a run names, itself first. */
export function runsNamedBy(
  run: Pick<RunFile, 'run_id' | 'retry_of' | 'undo_of' | 'closed_by' | 'earlier_runs'>,
): readonly string[] {
  const { run_id: runId, closed_by: next } = run
  return [runId, ...runsBefore(run), ...(next === undefined ? [] : [next])]
}

function latestOfJobs(found: readonly Prunable[]): ReadonlySet<string> {
  const byJob = new Map<string, RunFile[]>()
  for (const one of found) {
    if (one.kind === 'other' || one.run.from_job_file !== true) continue
    const job = `${one.run.job.name} ${one.run.org_url}`
    byJob.set(job, [...(byJob.get(job) ?? []), one.run])
  }
  return new Set([...byJob.values()].flatMap(latestOf))
}

/** The latest run of a job, and the latest ones of each kind in its history. */
function latestOf(runs: readonly RunFile[]): readonly string[] {
  const [newest] = runs.toSorted((a, b) => b.created_at.localeCompare(a.created_at))
  const shown = historyOf(runs, keptPerJob).map(({ run }) => run)
  return newest === undefined ? shown : [newest.run_id, ...shown]
}
