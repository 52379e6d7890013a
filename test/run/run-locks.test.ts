import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CannotWrite } from '../../src/files/cannot-write.ts'
import type { Holding } from '../../src/files/hold/joint-hold.ts'
import { reportHold } from '../../src/files/hold/observe.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { findRun } from '../../src/run/find-run.ts'
import { createRunDirectory } from '../../src/run/run-directory.ts'
import { lockedJob, withJobLock, withPlanLock, withRunLocks } from '../../src/run/run-locks.ts'
import { plainRun } from '../engine/plain-run.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'

async function withJob(runs: string, job: string | null, run: string, work = async () => {}): Promise<void> {
  await withJobLock(runs, job, run, {}, work)
}

describe('the hold of a run', () => {
  it('is good only together with what is held besides, such as the job', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      const other = { valid: true, ensure: async () => {} }
      const work = async (hold: Holding): Promise<void> => {
        expect(hold.valid).toBe(true)
        await hold.ensure()
        other.valid = false
        other.ensure = () => Promise.reject(new Error('lost'))
        expect(hold.valid).toBe(false)
        await expect(hold.ensure()).rejects.toThrow('lost')
      }
      await withRunLocks(run, null, {}, work, [other])
    })
  })

  it('is handed on with the one of its job, each to the next', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      const counted = await withJobLock(runs, 'nightly', 'r1', {}, (ofJob) =>
        withPlanLock(
          runs,
          'p1',
          'r1',
          {},
          async (ofPlan) => {
            expect(await withRunLocks(run, null, {}, async (hold) => hold.valid, ofPlan)).toBe(true)
            return [ofJob.length, ofPlan.length]
          },
          ofJob,
        ),
      )
      expect(counted).toEqual([1, 1])
    })
  })
})

describe('the hold of a job', () => {
  it('is got once in a runs directory, and who is refused it is told by which run', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'the runs')
      let inner = 0
      await withJob(runs, 'nightly', 'r1', async () => {
        const error = await knownErrorOf(() => withJob(runs, 'nightly', 'r2'))
        expect(error.exitCode).toBe(exitCodes.heldElsewhere)
        expect(error.message).toContain('the job nightly: run r1, process ')
        expect(error.next).toContain(`okta-lifecycle status r1 --runs-dir '${runs}'`)
        const count = async (): Promise<void> => {
          inner++
        }
        await withJob(runs, 'weekly', 'r3', count)
        await withJob(join(directory, 'others'), 'nightly', 'r4', count)
      })
      expect(inner).toBe(2)
      await withJob(runs, 'nightly', 'r2')
    })
  })

  it('is released whatever the work throws', async () => {
    await withDirectory(async (runs) => {
      const broken = withJob(runs, 'nightly', 'r1', async () => {
        throw new Error('broken')
      })
      await expect(broken).rejects.toThrow('broken')
      await withJob(runs, 'nightly', 'r2')
    })
  })

  it('is for its owner alone, and no run', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'runs')
      const run = await createRunDirectory(runs, 'r1')
      await writeFile(join(run, 'run.json'), '{"run_id":')
      await withJob(runs, 'nightly', 'r1', async () => {
        for (const path of ['.jobs', '.jobs/nightly', '.jobs/nightly/lock'])
          expect((await stat(join(runs, path))).mode & 0o777).toBe(0o700)
        // Not even where somebody put a file there that makes it look like one.
        await writeFile(join(runs, '.jobs', 'run.json'), '{}')
        expect((await findRun(runs, undefined, true)).directory).toBe(run)
      })
    })
  })

  it('is the same however the run’s directory is named', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'runs')
      const run = await createRunDirectory(runs, 'r1')
      await symlink(run, join(directory, 'link'))
      await withJob(runs, 'nightly', 'r2', async () => {
        for (const path of [run, `${run}/.`, join(directory, 'link')]) {
          const error = await knownErrorOf(() => withRunLocks(path, 'nightly', {}, async () => {}))
          expect(error.message).toContain('r2')
        }
      })
    })
  })

  it('is not taken where there is no job, and needed by a run of a job file in a real org alone', async () => {
    await withDirectory(async (directory) => {
      const run = await createRunDirectory(directory, 'r1')
      await withRunLocks(run, null, {}, async () => {
        expect(await readdir(directory)).toEqual(['r1'])
      })
      await withJob(directory, null, 'r2')
      expect(await readdir(directory)).toEqual(['r1'])
    })
    expect(lockedJob({ ...plainRun(), from_job_file: true })).toBe('test')
    expect(lockedJob({ ...plainRun(), from_job_file: true, org_url: 'sandbox' })).toBeNull()
    // Without a job file, or from before there was one.
    for (const from of [{ from_job_file: false }, {}])
      expect(lockedJob({ ...plainRun(), ...from })).toBeNull()
  })

  it('says what stands in its way', async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, 'runs'))
      await writeFile(join(directory, 'runs', '.jobs'), '')
      const error = await knownErrorOf(() => withJob(join(directory, 'runs'), 'nightly', 'r1'))
      expect(error.message).toContain('.jobs')
      // The command adds what to type next.
      expect(error).toBeInstanceOf(CannotWrite)
      expect(error.next).toContain('Check the path')
    })
  })
})

describe('the locks of a run', () => {
  it('are of its job and of itself, and the work gets the hold of the run', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      const job = join(runs, '.jobs', 'nightly')
      const kinds = async (): Promise<readonly string[]> => {
        return await Promise.all([run, job].map(async (each) => (await reportHold(each)).kind))
      }
      const given = await withRunLocks(run, 'nightly', {}, async (hold) => {
        expect(hold.valid).toBe(true)
        expect(await kinds()).toEqual(['working', 'working'])
        expect((await knownErrorOf(() => withRunLocks(run, null, {}, async () => {}))).message).toContain(
          'this run',
        )
        return hold
      })
      expect(given.valid).toBe(false)
      expect(await kinds()).toEqual(['free', 'free'])
    })
  })

  it('leave the job free where the run is held', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      await withRunLocks(run, null, {}, async () => {
        await knownErrorOf(() => withRunLocks(run, 'nightly', {}, async () => {}))
        await withJob(runs, 'nightly', 'r2')
      })
    })
  })
})
