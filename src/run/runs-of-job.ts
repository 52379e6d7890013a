import { Refusal } from '../messages/known-error.ts'
import { listRuns } from './list-runs.ts'
import type { RunFile } from './run-file.ts'

/** The runs of a job, in no order; or why they can't be known, in a sentence. */
export type RunsOfJob = { readonly runs: readonly RunFile[] } | { readonly unreadable: string }

/** Reads the `run.json` of every run of a job file in an org, including retries and undos. */
export async function readRunsOfJob(runsDirectory: string, job: string, orgUrl: string): Promise<RunsOfJob> {
  const runs: RunFile[] = []
  try {
    for (const { look } of await listRuns(runsDirectory)) {
      if (look.kind === 'run' && isOf(look.run, job, orgUrl)) runs.push(look.run)
      if (look.kind === 'unreadable' && (look.job ?? job) === job) return { unreadable: look.why }
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { unreadable: error.message }
  }
  return { runs }
}

function isOf(run: RunFile, job: string, orgUrl: string): boolean {
  return run.job.name === job && run.from_job_file === true && run.org_url === orgUrl
}
