import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSystemError } from '../files/system-error.ts'
import { isAddedName } from '../input/columns/column-names.ts'
import type { InputFormat } from '../input/row.ts'
import type { PastInput, Standing } from '../rules/past-input.ts'
import { lookAtRun } from './look-at-run.ts'
import type { RunFile } from './run-file.ts'

/** So many of a job's runs are looked at, the latest ones. */
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
  const inOrder = past.sort((some, other) => some.createdAt.localeCompare(other.createdAt))
  return { past: inOrder.slice(-mostRuns) }
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
      // R2: nothing was sent before Okta had shown the owner.
      return run.owner === null || wasHeldBack(run) ? null : 'half_way'
  }
}

/**
 * The standing of a run by those that go on from it: a retry may have stopped as well, and an undo takes back what it did.
 * Where the run that goes on from it is not there any more, it may have been an undo.
 */
function standingOfChain(run: RunFile, byId: ReadonlyMap<string, RunFile>): Standing | null {
  const seen = new Set<RunFile>()
  let at = run
  while (at.closed_by !== undefined && !seen.has(at)) {
    seen.add(at)
    const next = byId.get(at.closed_by)
    // A start that broke off is named too, but then the run is not closed.
    if (next === undefined && at.state === 'closed') return wasHeldBack(at) ? null : 'taken_back'
    if (next === undefined) break
    if (next.undo_of !== undefined) return 'taken_back'
    at = next
  }
  if (at.state === 'finished' || at.state === 'closed') return 'usual'
  // A retry of what a guard held back may have let it pass.
  if (wasHeldBack(at)) return null
  // R2: nothing was sent before Okta had shown the owner.
  return run.owner === null ? null : 'half_way'
}

/** Whether a guard of the input as a whole has stopped the run, and nobody has let it pass. */
function wasHeldBack({ unusual, accept_unusual: accepted, input, job }: RunFile): boolean {
  const { max_users: most } = job.guards
  return (unusual !== undefined && accepted !== true) || (most !== null && input.users > most)
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
