import { isDeepStrictEqual } from 'node:util'
import type { Job } from '../job/job.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shownTime } from '../messages/shown-time.ts'
import type { Summary } from '../report/summary.ts'
import type { RunFile } from '../run/run-file.ts'

/** The latest run of a job, and its summary; null if that is missing or can't be understood. */
export interface LatestRun {
  readonly run: RunFile
  readonly summary: Summary | null
}

/**
 * Why another run of the job may have changed something since its latest run began, as a clause; null if none has. A
 * retry or an undo that was stopped may be resumed days later.
 *
 * @param others all other runs of the job in the org, with their summaries
 */
export function findLaterWork(latest: RunFile, others: readonly LatestRun[]): string | null {
  const since = Date.parse(latest.created_at)
  for (const { run, summary } of others) {
    const name = `run ${run.run_id}`
    if (run.state === 'new' || (run.state === 'closed' && run.closed_from === 'new')) continue
    if (run.state === 'running') return `${name}, an earlier one, has not ended`
    if (summary?.run_id !== run.run_id) return `the summary of ${name}, an earlier one, can't be read`
    if (!(Date.parse(summary.finished_at) < since))
      return `${name} began before run ${latest.run_id} and was still at work after that one began`
  }
  return null
}

/** What a run that began now would work with. */
export interface Now {
  readonly job: Job
  /** The SHA-256 of the input's bytes. */
  readonly sha256: string
  /** This program's version. */
  readonly version: string
  /** In epoch ms. Runs are ordered, and rows become due, by this machine's clock. */
  readonly at: number
}

/**
 * Why a job has to be run again although it was run before: the first difference from its latest run, as a clause. Null
 * if there is none: the same input, the same job, nothing newly due, and everything was done. Anything that can't be
 * found out counts as a difference.
 */
export function findChange(latest: LatestRun | null, now: Now): string | null {
  if (latest === null) return 'the job has no earlier run here'
  const { run, summary } = latest
  const name = `run ${run.run_id}`
  if (run.closed_by !== undefined) return `${name}, the latest, was taken up by run ${run.closed_by}`
  if (run.undo_of !== undefined) return `${name}, the latest, undid run ${run.undo_of}`
  if (run.state !== 'finished') return `${name}, the latest, has not finished (${run.state})`
  if (Date.parse(run.created_at) > now.at) return `${name} has a start time in the future`
  if (summary?.run_id !== run.run_id) return `the summary of ${name}, the latest, can't be read`
  if (summary.exit_code !== exitCodes.done)
    return `${name}, the latest, ended with exit status ${summary.exit_code}`
  if (summary.skipped.only_status > 0)
    return `${name} left users alone because of their status (only_status), which may have changed since`
  if (run.input.sha256 !== now.sha256) return `the input differs from that of ${name}`
  if (run.versions.okta_lifecycle !== now.version)
    return `${name} was made by version ${run.versions.okta_lifecycle}`
  if (!isDeepStrictEqual(run.job, now.job)) return `the job has changed since ${name}`
  const { next_due_at: nextDueAt } = summary
  if (nextDueAt === undefined) return `the summary of ${name} does not say when its next row is due`
  if (nextDueAt !== null && Date.parse(nextDueAt) <= now.at)
    return `a row that was not due for ${name} has been due since ${shownTime(nextDueAt)} UTC`
  return null
}
