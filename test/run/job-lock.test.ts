import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/messages/known-error.ts'
import { acquireJobLock, acquireJobLockOf } from '../../src/run/job-lock.ts'
import { createRunDirectory, findRun } from '../../src/run/run-directory.ts'
import type { RunFile } from '../../src/run/run-file.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'

/** As much of a run as its job's lock needs. */
function runOf(id: string, fromJobFile: boolean | undefined): RunFile {
  return { run_id: id, job: { name: 'nightly' }, from_job_file: fromJobFile } as RunFile
}

describe('the lock of a job', () => {
  it('is held once in a runs directory, and who is refused it is told by which run', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'the runs')
      const lock = await acquireJobLock(runs, 'nightly', 'r1')
      const error = await knownErrorOf(() => acquireJobLock(runs, 'nightly', 'r2'))
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(error.message).toContain('the job nightly: run r1, process ')
      expect(error.next).toContain(`okta-lifecycle status r1 --runs-dir '${runs}'`)
      await (await acquireJobLock(runs, 'weekly', 'r3')).release()
      await (await acquireJobLock(join(directory, 'others'), 'nightly', 'r4')).release()
      await lock.release()
      await (await acquireJobLock(runs, 'nightly', 'r2')).release()
    })
  })

  it('is for its owner alone, and no run', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'runs')
      const run = await createRunDirectory(runs, 'r1')
      await writeFile(join(run, 'run.json'), '{}')
      const lock = await acquireJobLock(runs, 'nightly', 'r1')
      for (const path of ['.jobs', '.jobs/nightly', '.jobs/nightly/lock'])
        expect((await stat(join(runs, path))).mode & 0o777).toBe(0o700)
      // Not even where somebody put a file there that makes it look like one.
      await writeFile(join(runs, '.jobs', 'run.json'), '{}')
      expect(await findRun(runs, undefined, true)).toBe(run)
      await lock.release()
    })
  })

  it('is the same however the run’s directory is named', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'runs')
      const run = await createRunDirectory(runs, 'r1')
      await symlink(run, join(directory, 'link'))
      const lock = await acquireJobLock(runs, 'nightly', 'r2')
      for (const path of [run, `${run}/.`, join(directory, 'link')]) {
        const error = await knownErrorOf(() => acquireJobLockOf(path, runOf('r1', true)))
        expect(error.message).toContain('r2')
      }
      await lock.release()
    })
  })

  it('is not taken by a run without a job file, or from before there was one', async () => {
    await withDirectory(async (directory) => {
      const run = await createRunDirectory(directory, 'r1')
      for (const fromJobFile of [false, undefined])
        expect(await acquireJobLockOf(run, runOf('r1', fromJobFile))).toBeNull()
      expect(await readdir(directory)).toEqual(['r1'])
    })
  })

  it('says what stands in its way', async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, 'runs'))
      await writeFile(join(directory, 'runs', '.jobs'), '')
      const error = await knownErrorOf(() => acquireJobLock(join(directory, 'runs'), 'nightly', 'r1'))
      expect(error.message).toContain('.jobs')
      expect(error.next).toContain('--runs-dir')
    })
  })
})
