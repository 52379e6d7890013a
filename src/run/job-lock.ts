import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { acquireLock, type Lock } from '../files/lock.ts'
import { exitCodes } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { type RunFile, sandboxOrgUrl } from './run-file.ts'

/** Where the runs directory keeps the locks of jobs. No run has such a name: a run id begins with a letter or digit. */
const jobLocksName = '.jobs'

/**
 * Takes the lock of a job within a runs directory, for one run at a time: a scheduled run does not start beside one of
 * the same job that is still at work. Whoever takes a run's lock too takes this one first.
 *
 * @param jobName as a job file may give it, and so fit to name a directory
 * @param runId the run that takes it, for who is refused it meanwhile
 * @throws KnownError with exit code 5 where another process holds it, 2 where the directory can't be made
 */
export async function acquireJobLock(runsDirectory: string, jobName: string, runId: string): Promise<Lock> {
  const directory = join(runsDirectory, jobLocksName, jobName)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw CannotWrite.of(directory, error).so(', or choose another --runs-dir.', exitCodes.nothingSent)
  }
  const inDirectory = runsDirectory === 'runs' ? [] : ['--runs-dir', shellWord(runsDirectory)]
  return await acquireLock(directory, {
    name: `the job ${jobName}`,
    run: runId,
    status: (run) =>
      ['okta-lifecycle status', ...(run === null ? [] : [shellWord(run)]), ...inDirectory].join(' '),
  })
}

/**
 * Takes the lock of the job that a run was started from, where it was started from a job file. A trial in a simulated org
 * takes none: it is in nobody's way.
 */
export async function acquireJobLockOf(directory: string, run: RunFile): Promise<Lock | null> {
  if (run.from_job_file !== true || run.org_url === sandboxOrgUrl) return null
  // A run may be named by a link or from within its directory: the job's lock lies beside the directory itself.
  return await acquireJobLock(dirname(await realpath(directory)), run.job.name, run.run_id)
}
