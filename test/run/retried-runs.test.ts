import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findRetriedRuns } from '../../src/run/retried-runs.ts'
import { type RunFile, writeRunFile } from '../../src/run/run-file.ts'
import { notUndone } from '../../src/undo/describe-undo.ts'
import { plainRun } from '../engine/plain-run.ts'
import { withDirectory } from '../journal/support.ts'

it('follows a retry back through all runs, up to one that is an older copy', async () => {
  await withDirectory(async (runs) => {
    const make = async (name: string, more: Partial<RunFile>): Promise<RunFile> => {
      const run = { ...plainRun(), run_id: name, ...more }
      await mkdir(join(runs, name), { recursive: true })
      await writeRunFile(join(runs, name), run)
      return run
    }
    await make('r1', { state: 'closed', closed_by: 'r2' })
    await make('r2', { state: 'closed', closed_by: 'r3', retry_of: 'r1' })
    const last = await make('r3', { state: 'finished', retry_of: 'r2' })
    const at = join(runs, 'r3')
    const whole = await findRetriedRuns(at, last)
    expect([whole.runs.map(({ run }) => run.run_id), whole.missing]).toEqual([['r1', 'r2'], null])
    // From before it was told of the run that goes on from it.
    await make('r1', { state: 'interrupted' })
    const part = await findRetriedRuns(at, last)
    expect(part.runs.map(({ run }) => run.run_id)).toEqual(['r2'])
    expect(part.missing).toMatchObject({ run: 'r1', why: expect.stringContaining('is an older copy') })
    // Those before a run that is gone are named by a later one.
    await rm(join(runs, 'r2'), { recursive: true })
    const gone = await findRetriedRuns(at, { ...last, earlier_runs: ['r1', 'r2'] })
    expect([gone.runs, gone.missing]).toEqual([[], { run: 'r2', before: ['r1'], why: expect.any(String) }])
    const nothing = { lasting: new Map(), inDoubt: 0, notHeld: 0, unsure: 0, perhapsBack: 0 }
    expect(notUndone(gone, nothing)).toEqual([
      expect.stringContaining('What it and the runs before it (r1) did is not taken back: '),
    ])
  })
})
