import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSystemError } from '../files/system-error.ts'
import { lookAtRun } from './look-at-run.ts'
import type { RunFile } from './run-file.ts'

/** The runs of a job, in no order; or why they can't be known, in a sentence. */
export type RunsOfJob = { readonly runs: readonly RunFile[] } | { readonly unreadable: string }

/** Reads the `run.json` of every run of a job file in an org, including retries and undos. */
export async function readRunsOfJob(runsDirectory: string, job: string, orgUrl: string): Promise<RunsOfJob> {
  const names = await namesIn(runsDirectory)
  if ('unreadable' in names) return names
  const runs: RunFile[] = []
  for (const name of names) {
    const look = await lookAtRun(join(runsDirectory, name))
    if (look.kind === 'unreadable' && (look.job ?? job) === job) return { unreadable: look.why }
    if (look.kind === 'run' && isOf(look.run, job, orgUrl)) runs.push(look.run)
  }
  return { runs }
}

function isOf(run: RunFile, job: string, orgUrl: string): boolean {
  return run.job.name === job && run.from_job_file === true && run.org_url === orgUrl
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
