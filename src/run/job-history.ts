import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSystemError } from '../files/system-error.ts'
import { isAddedName } from '../input/columns/column-names.ts'
import type { InputFormat } from '../input/row.ts'
import type { PastInput, Standing } from '../rules/past-input.ts'
import { lookAtRun } from './look-at-run.ts'
import type { RunFile } from './run-file.ts'

/**
 * So many of a job's runs are looked at, the latest ones. What teaches little (inputs without users, runs that did not
 * come to their end) is counted apart: it must not push out what shows what is usual.
 */
const mostRuns = 60

/** The inputs of a job's earlier runs; or why they can't be known, in a sentence. */
export type JobHistory = { readonly past: readonly PastInput[] } | { readonly unreadable: string }

/**
 * The inputs of a job's earlier runs in an org, the oldest first, without retries and undos. A run that has not come to
 * its end may have acted on its users, but is no example of what is usual; one whose input a guard held back has done
 * nothing. Runs from before inputs were sampled are left out.
 */
export async function readJobHistory(
  runsDirectory: string,
  job: string,
  orgUrl: string,
): Promise<JobHistory> {
  const names = await namesIn(runsDirectory)
  if ('unreadable' in names) return names
  const runs: RunFile[] = []
  for (const name of names) {
    const look = await lookAtRun(join(runsDirectory, name))
    if (look.kind === 'unreadable' && (look.job ?? job) === job) return { unreadable: look.why }
    if (look.kind === 'run' && isOf(look.run, job, orgUrl)) runs.push(look.run)
  }
  const byId = new Map(runs.map((run) => [run.run_id, run]))
  const past = runs.flatMap((run) => pastInputOf(run, byId) ?? [])
  return { past: latest(past) }
}

/** The latest runs of each kind, the oldest first. */
function latest(past: readonly PastInput[]): readonly PastInput[] {
  const inOrder = past.toSorted((some, other) => some.createdAt.localeCompare(other.createdAt))
  const counts = new Map<string, number>()
  const kept = new Set<PastInput>()
  for (const run of inOrder.toReversed()) {
    const kind = run.users === 0 ? 'empty' : run.standing
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= mostRuns) kept.add(run)
  }
  return inOrder.filter((run) => kept.has(run))
}

function isOf(run: RunFile, job: string, orgUrl: string): boolean {
  return run.job.name === job && run.from_job_file === true && run.org_url === orgUrl
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
 * the guards have let the input pass. Once they have, a later execution or retry that they hold back changes nothing.
 */
function mayHaveActed(chain: readonly RunFile[]): boolean {
  return chain.some(({ input_passed: passed }) => passed === true)
}

/**
 * The standing of a run by those that go on from it: a retry may have stopped as well, and an undo takes back what it did.
 * Where the run that goes on from it is not there any more, it may have been an undo.
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

async function namesIn(directory: string): Promise<readonly string[] | { readonly unreadable: string }> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.'))
  } catch (error) {
    // There are no runs yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    return { unreadable: `${directory} can't be read: ${parseSystemError(error)?.why ?? String(error)}.` }
  }
}
