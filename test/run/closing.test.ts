import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exists } from '../../src/files/exists.ts'
import { HoldLost } from '../../src/files/hold/hold.ts'
import { noFence } from '../../src/files/synced-appends.ts'
import { checkNotClosed, handOver, isTakenUp } from '../../src/run/closing.ts'
import { type RunFile, readRunFile, runFileName, writeRunFile } from '../../src/run/run-file.ts'
import { plainRun } from '../engine/plain-run.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'
import { placeAt } from './places.ts'

interface Two {
  readonly from: { readonly directory: string; readonly run: RunFile }
  readonly to: { readonly directory: string; readonly run: RunFile }
}

/** An old run on disk and a new one that is not there yet. */
async function withTwo(work: (two: Two, runs: string) => Promise<void>): Promise<void> {
  await withDirectory(async (runs) => {
    const from = {
      directory: join(runs, 'old'),
      run: { ...plainRun(), run_id: 'old', state: 'stopped' as const },
    }
    const to = {
      directory: join(runs, 'next'),
      run: { ...plainRun(), run_id: 'next', state: 'new' as const },
    }
    for (const { directory } of [from, to]) await mkdir(directory)
    await writeRunFile(from.directory, from.run)
    await work({ from, to }, runs)
  })
}

describe('a run that another goes on from', () => {
  it('is closed in the end, and says by whom', async () => {
    await withTwo(async ({ from, to }) => {
      await handOver(from, to, noFence, async () => {})
      const run = await readRunFile(from.directory)
      expect(run).toMatchObject({ state: 'closed', closed_by: 'next', reason: 'run next goes on from it' })
      expect(await readRunFile(to.directory)).toEqual(to.run)
      expect(await isTakenUp(placeAt(from.directory), run)).toBe(true)
      const error = await knownErrorOf(() => checkNotClosed(placeAt(from.directory), run, 'undo'))
      expect(error.message).toBe('Run old is closed: run next goes on from it.')
      expect(error.next).toMatch(/^okta-lifecycle resume next --runs-dir /)
      await writeRunFile(to.directory, { ...to.run, state: 'finished' })
      const after = await knownErrorOf(() => checkNotClosed(placeAt(from.directory), run, 'undo'))
      expect(after.next).toMatch(/^okta-lifecycle undo next --runs-dir /)
    })
  })

  it('may send no more from before the new one may: it names it first (R3)', async () => {
    await withTwo(async ({ from, to }) => {
      await handOver(from, to, noFence, async () => {
        const run = await readRunFile(from.directory)
        expect(run).toEqual({ ...from.run, closed_by: 'next' })
        await knownErrorOf(() => checkNotClosed(placeAt(from.directory), run, 'undo'))
        expect(await exists(join(to.directory, runFileName))).toBe(false)
      })
    })
  })

  it('is left as it is by a process that lost it while a person was asked (R3)', async () => {
    await withTwo(async ({ from, to }) => {
      const lost = { valid: false, ensure: () => Promise.reject(new HoldLost('this run')) }
      await expect(handOver(from, to, lost, async () => {})).rejects.toThrow('has lost its hold')
      expect(await readRunFile(from.directory)).toEqual(from.run)
      expect(await exists(join(to.directory, runFileName))).toBe(false)
    })
  })

  it('may be taken up again where the other was never begun', async () => {
    await withTwo(async ({ from, to }) => {
      const killed = handOver(from, to, noFence, async () => {
        throw new Error('killed')
      })
      await expect(killed).rejects.toThrow('killed')
      const run = await readRunFile(from.directory)
      expect(run).toMatchObject({ state: 'stopped', closed_by: 'next' })
      expect(await isTakenUp(placeAt(from.directory), run)).toBe(false)
      const error = await knownErrorOf(() => checkNotClosed(placeAt(from.directory), run, 'undo'))
      expect(error.message).toContain('never began')
      expect(error.next).toMatch(
        /okta-lifecycle retry old --runs-dir .*, or okta-lifecycle undo old --runs-dir /,
      )
    })
  })

  it('stays closed where the other one was moved elsewhere', async () => {
    await withTwo(async ({ from, to }) => {
      await handOver(from, to, noFence, async () => {})
      await rm(to.directory, { recursive: true })
      expect(await isTakenUp(placeAt(from.directory), await readRunFile(from.directory))).toBe(true)
    })
  })

  it('is not closed by itself', async () => {
    await withTwo(async ({ from }) => {
      await checkNotClosed(placeAt(from.directory), from.run, 'resume')
      expect(await isTakenUp(placeAt(from.directory), from.run)).toBe(false)
    })
  })
})
