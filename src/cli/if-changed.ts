import { join } from 'node:path'
import { type ExitCode, exitCodes, Refusal } from '../messages/known-error.ts'
import { readSummaryOf, type Summary } from '../report/summary.ts'
import type { CheckedInput } from '../run/check-input.ts'
import type { RunFile } from '../run/run-file.ts'
import { readRunsOfJob } from '../run/runs-of-job.ts'
import { findChange, findLaterWork, type LatestRun } from './changed-since.ts'
import { programVersion } from './version.ts'

/** The answer to `--if-changed`: why the job has to be run, as a clause, or since which run nothing has changed. */
export type IfChanged =
  | { readonly kind: 'changed'; readonly why: string }
  | { readonly kind: 'unchanged'; readonly summary: Summary }

interface Flags {
  readonly 'if-changed': boolean
  readonly job?: string | undefined
  readonly plan?: string | undefined
  readonly sandbox: boolean
}

/** @throws Refusal when there is nothing to compare with */
export function checkIfChanged(flags: Flags): void {
  if (!flags['if-changed']) return
  const refuse = (what: string, next: string): never => {
    throw new Refusal(`--if-changed can't be used here: ${what}.`, next)
  }
  if (flags.plan !== undefined)
    refuse('a saved plan is carried out once', 'Leave out --if-changed, or --plan.')
  if (flags.sandbox)
    refuse('each run begins with a new simulated org', 'Leave out --if-changed, or --sandbox.')
  if (flags.job === undefined)
    refuse("it compares with a job's earlier runs, and no job is named", 'Name the job file: --job FILE.')
}

/** Compares a checked input with the latest run of its job in an org. */
export async function compareWithLatest(
  { job, copy }: Pick<CheckedInput, 'job' | 'copy'>,
  orgUrl: string,
  runsDirectory: string,
): Promise<IfChanged> {
  const found = await readRunsOfJob(runsDirectory, job.name, orgUrl)
  if ('unreadable' in found)
    return { kind: 'changed', why: `an earlier run can't be read: ${found.unreadable.replace(/\.$/, '')}` }
  const begun = found.runs
    .filter(({ state }) => state !== 'new')
    .toSorted((some, other) => some.created_at.localeCompare(other.created_at))
  const run = begun.at(-1)
  const withSummary = async (one: RunFile): Promise<LatestRun> => ({
    run: one,
    summary: await readSummaryOf(join(runsDirectory, one.run_id), one),
  })
  const latest = run === undefined ? null : await withSummary(run)
  const summary = latest?.summary ?? null
  const now = { job, sha256: copy.sha256, version: programVersion, at: Date.now() }
  const why =
    findChange(latest, now) ??
    (run === undefined ? null : findLaterWork(run, await Promise.all(begun.slice(0, -1).map(withSummary))))
  if (why !== null || summary === null) return { kind: 'changed', why: why ?? "its latest run can't be read" }
  return { kind: 'unchanged', summary }
}

/** Says that there was nothing to do. */
export function answerUnchanged(
  { summary }: Extract<IfChanged, { kind: 'unchanged' }>,
  json: boolean,
): ExitCode {
  const { run_id, finished_at: ended_at } = summary
  const text = `Nothing has changed since run ${run_id}, which ended at ${ended_at} with everything done: the input and the job are the same, and no row has become due. No call was sent.`
  const answer = json ? JSON.stringify({ unchanged_since: { run_id, ended_at } }, null, 2) : text
  process.stdout.write(`${answer}\n`)
  return exitCodes.done
}
