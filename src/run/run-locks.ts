import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { type AcquireOptions, acquireHolds, type HoldSubject } from '../files/hold/acquire.ts'
import type { Hold } from '../files/hold/hold.ts'
import { commandFor } from '../messages/commands.ts'
import { exitCodes } from '../messages/known-error.ts'
import { type RunFile, sandboxOrgUrl } from './run-file.ts'

/** Where the runs directory keeps the holds of jobs. No run has such a name: a run id begins with a letter or digit. */
const jobLocksName = '.jobs'

/** The job whose hold a run needs too, so that one run of a job works at a time; null for a run that needs none. */
export function lockedJob(run: Pick<RunFile, 'from_job_file' | 'org_url' | 'job'>): string | null {
  // A trial in a simulated org is in nobody's way.
  return run.from_job_file === true && run.org_url !== sandboxOrgUrl ? run.job.name : null
}

/**
 * Works while this process holds a job, where there is one, and then a run: always taken in this order, and watched at the
 * same time. Both are released whatever happens.
 *
 * @param work gets the hold of the run
 * @throws KnownError with exit code 5 where another process holds one of them, and what the work throws
 */
export async function withRunLocks<T>(
  directory: string,
  job: string | null,
  options: AcquireOptions,
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const subjects = [...(job === null ? [] : [await jobSubject(directory, job)]), runSubject(directory)]
  return await holding(subjects, options, work)
}

/**
 * Works while this process holds a job that has no run yet, then as {@link withRunLocks} does for the run.
 *
 * @param runsDirectory where the run is to lie
 */
export async function withJobLock<T>(
  runsDirectory: string,
  job: string | null,
  runId: string,
  options: AcquireOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (job === null) return await work()
  return await holding([await jobSubjectIn(runsDirectory, job, runId)], options, work)
}

async function holding<T>(
  subjects: readonly HoldSubject[],
  options: AcquireOptions,
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const holds = await acquireHolds(subjects, options)
  try {
    const last = holds.at(-1)
    if (last === undefined) throw new Error('Nothing is held.')
    return await work(last)
  } finally {
    for (const hold of holds.toReversed()) await hold.release()
  }
}

function runSubject(directory: string): HoldSubject {
  const name = { runId: basename(directory), runsDirectory: dirname(directory) }
  return { directory, name: 'this run', run: null, status: () => commandFor('status', name) }
}

/** A run may be named by a link or from within its directory: the job's hold lies beside the directory itself. */
async function jobSubject(directory: string, job: string): Promise<HoldSubject> {
  const real = await realpath(directory)
  const subject = await jobSubjectIn(dirname(real), job, basename(real))
  return { ...subject, status: statusIn(dirname(directory)) }
}

async function jobSubjectIn(runsDirectory: string, job: string, runId: string): Promise<HoldSubject> {
  const directory = join(runsDirectory, jobLocksName, job)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw CannotWrite.of(directory, error).so(', or choose another --runs-dir.', exitCodes.nothingSent)
  }
  return { directory, name: `the job ${job}`, run: runId, status: statusIn(runsDirectory) }
}

function statusIn(runsDirectory: string): (run: string | null) => string {
  return (run) => commandFor('status', { runId: run ?? '--latest', runsDirectory })
}
