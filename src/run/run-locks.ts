import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CannotWrite } from '../files/cannot-write.ts'
import { type AcquireOptions, acquireHolds, type HoldSubject } from '../files/hold/acquire.ts'
import { type Holding, JointHold } from '../files/hold/joint-hold.ts'
import { removeBegunFiles } from '../files/replacing-file.ts'
import type { Fence } from '../files/synced-appends.ts'
import { commandFor } from '../messages/commands.ts'
import { makeDirectories } from './run-directory.ts'
import { type RunFile, sandboxOrgUrl } from './run-file.ts'
import type { RunStore } from './run-store.ts'

/**
 * The place for the holds of jobs in the runs directory. No run has this name: a run id begins with a letter or digit.
 */
const jobLocksName = '.jobs'

export interface RunLockOptions extends AcquireOptions {
  /** Where the runs are kept if the directory is a working copy. The store itself sees to the job of a run. */
  readonly store?: RunStore | undefined
}

/**
 * The job that a run must hold too, so that only one run of a job works at a time; null for a run that needs no job.
 */
export function lockedJob(run: Pick<RunFile, 'from_job_file' | 'org_url' | 'job'>): string | null {
  // A trial in a simulated org disturbs nobody.
  return run.from_job_file === true && run.org_url !== sandboxOrgUrl ? run.job.name : null
}

/**
 * Does the work while this process holds the job, if there is one, and the run (R1 in life.ts). The job is always taken
 * first; both are watched at the same time. Both are released whatever happens.
 *
 * @param besides what this process holds already; if it loses any of that, it loses the run too
 * @param work gets the hold of the run, which is good only together with the others
 * @throws KnownError with exit code 5 when another process holds one of them, and what the work throws
 */
export async function withRunLocks<T>(
  directory: string,
  job: string | null,
  options: RunLockOptions,
  work: (hold: Holding) => Promise<T>,
  besides: readonly Fence[] = [],
): Promise<T> {
  if (options.store !== undefined) return await holdingInStore(options.store, directory, work, besides)
  const subjects = [...(job === null ? [] : [await jobSubject(directory, job)]), runSubject(directory)]
  const tidily = async (hold: Holding): Promise<T> => {
    await removeBegunFiles(directory)
    return await work(hold)
  }
  return await holding(subjects, options, tidily, besides)
}

/**
 * Does the work while this process holds a job that has no run yet. The work can then hold the run with {@link
 * withRunLocks}.
 *
 * @param runsDirectory the place for the run
 */
export async function withJobLock<T>(
  runsDirectory: string,
  job: string | null,
  runId: string,
  options: RunLockOptions,
  work: (held: readonly Fence[]) => Promise<T>,
): Promise<T> {
  if (job === null || options.store !== undefined) return await work([])
  return await holding([await jobSubjectIn(runsDirectory, job, runId)], options, (hold) => work([hold]))
}

/**
 * Does the work while this process holds a saved plan, so that no other process begins to carry it out meanwhile.
 *
 * @param runsDirectory the place for the run
 * @param besides what this process holds already
 */
export async function withPlanLock<T>(
  runsDirectory: string,
  plan: string,
  runId: string,
  options: RunLockOptions,
  work: (held: readonly Fence[]) => Promise<T>,
  besides: readonly Fence[] = [],
): Promise<T> {
  // A store takes up a plan only once.
  if (options.store !== undefined) return await work(besides)
  // No job has this name: a job's name has no dot.
  const subject = await jobSubjectIn(runsDirectory, `plan.${plan}`, runId)
  return await holding([{ ...subject, name: 'this plan' }], options, (hold) => work([hold]), besides)
}

async function holdingInStore<T>(
  store: RunStore,
  directory: string,
  work: (hold: Holding) => Promise<T>,
  besides: readonly Fence[],
): Promise<T> {
  const hold = await store.hold(directory)
  try {
    return await work(new JointHold(hold, besides))
  } finally {
    await hold.release()
  }
}

async function holding<T>(
  subjects: readonly HoldSubject[],
  options: AcquireOptions,
  work: (hold: Holding) => Promise<T>,
  besides: readonly Fence[] = [],
): Promise<T> {
  const holds = await acquireHolds(subjects, options)
  try {
    const last = holds.at(-1)
    if (last === undefined) throw new Error('Nothing is held.')
    return await work(new JointHold(last, [...besides, ...holds.slice(0, -1)]))
  } finally {
    for (const hold of holds.toReversed()) await hold.release()
  }
}

function runSubject(directory: string): HoldSubject {
  const name = { runId: basename(directory), runsDirectory: dirname(directory) }
  return { directory, name: 'this run', run: null, status: () => commandFor('status', name) }
}

/** The user may name a run by a link or from inside it, but the job's hold is next to the real directory. */
async function jobSubject(directory: string, job: string): Promise<HoldSubject> {
  const real = await realpath(directory)
  const subject = await jobSubjectIn(dirname(real), job, basename(real))
  return { ...subject, status: statusIn(dirname(directory)) }
}

async function jobSubjectIn(runsDirectory: string, job: string, runId: string): Promise<HoldSubject> {
  const directory = join(runsDirectory, jobLocksName, job)
  try {
    // Each of them must be on disk, because the run's own directory relies on those above it.
    await makeDirectories(directory)
  } catch (error) {
    throw CannotWrite.of(directory, error)
  }
  return { directory, name: `the job ${job}`, run: runId, status: statusIn(runsDirectory) }
}

function statusIn(runsDirectory: string): (run: string | null) => string {
  return (run) => commandFor('status', { runId: run ?? '--latest', runsDirectory })
}
