import { isAddedName } from '../input/columns/column-names.ts'
import type { InputFormat } from '../input/row.ts'
import type { PastInput, Standing } from '../rules/past-input.ts'
import type { RunFile } from './run-file.ts'
import { readRunsOfJob } from './runs-of-job.ts'

/**
 * How many of a job's latest runs are looked at. Those that show little (inputs without users, runs that did not
 * finish) are counted apart, so that they don't push out the runs that show what is usual.
 */
const mostRuns = 60

/** The inputs of a job's earlier runs; or why they can't be known, in a sentence. */
export type JobHistory = { readonly past: readonly PastInput[] } | { readonly unreadable: string }

/**
 * The inputs of a job's earlier runs in an org, the oldest first, without retries and undos. A run that has not
 * finished may have acted on its users, but is not an example of what is usual; a run whose input a guard held back has
 * done nothing. Runs from before inputs were sampled are left out.
 */
export async function readJobHistory(
  runsDirectory: string,
  job: string,
  orgUrl: string,
): Promise<JobHistory> {
  const found = await readRunsOfJob(runsDirectory, job, orgUrl)
  if ('unreadable' in found) return found
  return { past: historyOf(found.runs, mostRuns) }
}

/**
 * What the runs of one job show of its inputs, the oldest first.
 *
 * @param most how many of each kind
 */
export function historyOf(runs: readonly RunFile[], most: number): readonly PastInput[] {
  const byId = new Map(runs.map((run) => [run.run_id, run]))
  return latest(
    runs.flatMap((run) => pastInputOf(run, byId) ?? []),
    most,
  )
}

/** The latest runs of each kind, the oldest first. */
function latest(past: readonly PastInput[], most: number): readonly PastInput[] {
  const inOrder = past.toSorted((some, other) => some.createdAt.localeCompare(other.createdAt))
  const counts = new Map<string, number>()
  const kept = new Set<PastInput>()
  for (const run of inOrder.toReversed()) {
    const kind = run.users === 0 ? 'empty' : run.standing
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= most) kept.add(run)
  }
  return inOrder.filter((run) => kept.has(run))
}

function pastInputOf(run: RunFile, byId: ReadonlyMap<string, RunFile>): PastInput | null {
  const {
    due_users: users,
    user_sample: sample,
    repeated_rows: repeatedRows = null,
    columns,
    format,
  } = run.input
  const standing = standingOf(run, byId)
  if (standing === null || users === undefined || sample === undefined) return null
  return {
    run: run.run_id,
    createdAt: run.created_at,
    standing,
    users,
    sample,
    columns: tableColumns(format, columns),
    repeatedRows,
  }
}

/** What a run says about its job; null if nothing. */
function standingOf(run: RunFile, byId: ReadonlyMap<string, RunFile>): Standing | null {
  if (run.retry_of !== undefined || run.undo_of !== undefined) return null
  switch (run.state) {
    case 'new':
      return null
    case 'finished':
    case 'closed':
      return standingOfChain(run, byId)
    case 'running':
    case 'stopped':
    case 'interrupted':
      return mayHaveActed([run]) ? 'half_way' : null
  }
}

/**
 * Whether one of the runs that go on from each other may have acted on the users of the first. Nothing is sent before
 * the guards have let the input pass. Once an execution has passed them, a later execution or retry that the guards
 * hold back does not change the answer.
 */
function mayHaveActed(chain: readonly RunFile[]): boolean {
  return chain.some(({ input_passed: passed }) => passed === true)
}

/**
 * The standing of a run, judged with the runs that go on from it: a retry may have stopped as well, and an undo takes
 * back what the run did. If the run that goes on from it is gone, that may have been an undo.
 */
function standingOfChain(run: RunFile, byId: ReadonlyMap<string, RunFile>): Standing | null {
  const chain = [run]
  for (;;) {
    const at = chain.at(-1) ?? run
    const next = at.closed_by === undefined ? undefined : byId.get(at.closed_by)
    // A start that broke off is named too, but then the run is not closed.
    if (at.closed_by !== undefined && next === undefined && at.state === 'closed')
      return mayHaveActed(chain) ? 'taken_back' : null
    if (next === undefined || chain.includes(next)) break
    if (next.undo_of !== undefined) return 'taken_back'
    chain.push(next)
  }
  const last = chain.at(-1) ?? run
  if (last.state === 'closed' || chain.some((one) => (one.closed_from ?? one.state) === 'finished'))
    return 'usual'
  return mayHaveActed(chain) ? 'half_way' : null
}

/**
 * The columns by which tables are told apart, without the one that `failed.csv` adds; null for JSON, whose records need
 * not have the same keys.
 */
export function tableColumns(format: InputFormat, columns: readonly string[]): readonly string[] | null {
  if (format !== 'csv' && format !== 'xlsx') return null
  return isAddedName(columns.at(-1) ?? '') ? columns.slice(0, -1) : columns
}
