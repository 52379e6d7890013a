import { mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import { checkNotClosed, isTakenUp } from '../../src/run/closing.ts'
import { findRun } from '../../src/run/find-run.ts'
import { listRuns } from '../../src/run/list-runs.ts'
import { checkNewId, checkNoNextRun } from '../../src/run/next-run.ts'
import { type RunFile, runsUpTo, writeRunFile } from '../../src/run/run-file.ts'
import { readRunsOfJob } from '../../src/run/runs-of-job.ts'
import { plainRun } from '../engine/plain-run.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'
import { placeAt } from './places.ts'

const old: RunFile = { ...plainRun(), run_id: 'r1', state: 'finished' }
const retry: RunFile = { ...plainRun(), run_id: 'r2', retry_of: 'r1', state: 'finished' }

async function write(directory: string, run: RunFile): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeRunFile(directory, run)
}

/** Writes a journal whose run has begun as the retry of another one. */
async function writeJournal(
  directory: string,
  run: string,
  origin: { readonly retry_of: string; readonly earlier_runs?: readonly string[] },
): Promise<void> {
  const path = join(directory, 'journal.ndjson')
  await writeFile(path, '')
  const journal = await Journal.open(path, emptyJournal)
  journal.note({ event: 'journal', version: 2, run })
  const at = '2026-01-01T00:00:00.000Z'
  const versions = { okta_lifecycle: '0.0.0', node: 'v20.0.0' }
  journal.note({ event: 'execution', at, begun: { created_at: at, versions, undo_of: null, ...origin } })
  await journal.close()
}

/** A run, and its retry, which it was never told about. */
async function withRetry(
  more: Partial<RunFile>,
  work: (at: { readonly runs: string; readonly r1: string; readonly r2: string }) => Promise<void>,
): Promise<void> {
  await withDirectory(async (made) => {
    const runs = join(await realpath(made), 'runs')
    const at = { runs, r1: join(runs, 'r1'), r2: join(runs, 'r2') }
    await write(at.r1, old)
    await write(at.r2, { ...retry, ...more })
    await work(at)
  })
}

const unknown = /^Run r2 may have gone on from run r1, and that can't be found out: .* Nothing was sent\.$/

describe('an older copy of a run', () => {
  it.each(['retry', 'undo', 'resume'] as const)(
    'is known by a run further on, when the run in between is gone: %s',
    async (command) => {
      await withRetry({}, async ({ runs, r1, r2 }) => {
        const r3 = join(runs, 'r3')
        const third: RunFile = { ...retry, run_id: 'r3', retry_of: 'r2', earlier_runs: runsUpTo(retry) }
        await write(r3, third)
        await rm(r2, { recursive: true })
        const check = (): Promise<void> => checkNoNextRun(placeAt(r1), old, command)
        expect((await knownErrorOf(check)).message).toContain(
          'is an older copy of run r1, from before run r3',
        )
        // The same by the journal alone.
        await rm(join(r3, 'run.json'))
        await writeJournal(r3, 'r3', { retry_of: 'r2', earlier_runs: ['r1', 'r2'] })
        expect((await knownErrorOf(check)).message).toContain(
          'is an older copy of run r1, from before run r3',
        )
        // And by its summary.
        await rm(join(r3, 'journal.ndjson'))
        await writeFile(
          join(r3, 'summary.json'),
          '{"run_id":"r3","retry_of":"r2","earlier_runs":["r1","r2"]}',
        )
        expect((await knownErrorOf(check)).message).toContain(
          'is an older copy of run r1, from before run r3',
        )
        // It has nothing to do with any other run.
        await checkNoNextRun(placeAt(r1), { run_id: 'r0' }, command)
      })
    },
  )

  it('is what a new run with the id of one that is gone would be taken for, so there is none', async () => {
    await withRetry({}, async ({ runs, r1 }) => {
      await rm(r1, { recursive: true })
      const { message, next } = await knownErrorOf(() => checkNewId(runs, 'r1'))
      expect(message).toMatch(/^There was a run r1 before, and run r2 goes on from it\./)
      expect(next).toBe('Choose another --run-id, or leave it out.')
      await checkNewId(runs, 'r3')
      await write(r1, { ...old, closed_by: 'r3' })
      expect((await knownErrorOf(() => checkNewId(runs, 'r3'))).message).toMatch(
        /^Run r1 says that a run r3 goes on from it\./,
      )
    })
  })

  it('is known because each run names all before it, and one of an older version those that it knows', () => {
    const r3: RunFile = { ...plainRun(), run_id: 'r3', undo_of: 'r2', earlier_runs: runsUpTo(retry) }
    expect(runsUpTo(old)).toEqual(['r1'])
    expect(runsUpTo({ run_id: 'r3', undo_of: 'r1', retry_of: 'r2' })).toEqual(['r1', 'r2', 'r3'])
    expect(runsUpTo(r3)).toEqual(['r1', 'r2', 'r3'])
  })

  it.each([
    ['finished', 'undo', 'undo'],
    ['finished', 'retry', 'retry'],
    ['stopped', 'undo', 'resume'],
  ] as const)('beside its retry, which is %s: %s becomes %s', async (state, command, advised) => {
    await withRetry({ state }, async ({ runs, r1 }) => {
      const error = await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, command))
      expect(error.message).toMatch(
        /is an older copy of run r1, from before run r2 went on from it\. Nothing was sent\.$/,
      )
      expect(error.next).toBe(`okta-lifecycle ${advised} r2 --runs-dir ${runs}`)
    })
  })

  it.each([
    ['undo', 'retry'],
    ['retry', 'status'],
    ['resume', 'resume'],
  ] as const)('beside its undo: %s never becomes an undo of that, but %s', async (command, advised) => {
    await withRetry({ retry_of: undefined, undo_of: 'r1' }, async ({ runs, r1 }) => {
      const error = await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, command))
      expect(error.next).toBe(`okta-lifecycle ${advised} r2 --runs-dir ${runs}`)
      const closed = { ...old, state: 'closed', closed_by: 'r2' } as const
      const told = await knownErrorOf(() => checkNotClosed(placeAt(r1), closed, command))
      expect(told.next).toBe(`okta-lifecycle ${advised} r2 --runs-dir ${runs}`)
    })
  })

  it('is known by the summary of the other run when nothing else is left of it', async () => {
    await withRetry({}, async ({ runs, r1, r2 }) => {
      await rm(join(r2, 'run.json'))
      // What was prepared for a start that never came.
      await writeFile(join(r2, 'lock'), '')
      await checkNoNextRun(placeAt(r1), old, 'retry')
      await writeFile(join(r2, 'summary.json'), '{"run_id":"r2","job":"leavers","retry_of":"r1"}')
      const error = await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))
      expect(error.message).toContain('is an older copy of run r1')
      expect(error.next).toBe(
        `Restore run.json in ${r2} from a backup, then: okta-lifecycle retry r1 --runs-dir ${runs}`,
      )
      // Of its job, nothing can be said; other jobs go on.
      expect(await readRunsOfJob(runs, 'leavers', 'any')).toHaveProperty('unreadable')
      expect(await readRunsOfJob(runs, 'joiners', 'any')).toEqual({ runs: [] })
      await writeFile(join(r2, 'summary.json'), '{"run_id":"r2","retry_of":"other"}')
      await checkNoNextRun(placeAt(r1), old, 'retry')
    })
  })

  it.each(['journal.ndjson', 'journal.head', 'summary.json', 'results.csv', 'results.jsonl'])(
    "can't be ruled out beside a run of which only %s is left",
    async (left) => {
      await withRetry({}, async ({ r1, r2, runs }) => {
        await rm(join(r2, 'run.json'))
        await writeFile(join(r2, 'lock'), '')
        await writeFile(join(r2, left), '')
        expect((await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))).message).toMatch(unknown)
        expect((await listRuns(runs)).map(({ name, look }) => [name, look.kind])).toEqual([
          ['r1', 'run'],
          ['r2', 'unreadable'],
        ])
        expect(await readRunsOfJob(runs, 'any', 'any')).toHaveProperty('unreadable')
      })
    },
  )

  it('is known by the journal of the other run when the run.json there is of a third one', async () => {
    await withRetry({}, async ({ r1, r2 }) => {
      await writeJournal(r2, 'r2', { retry_of: 'r1' })
      await writeRunFile(r2, { ...plainRun(), run_id: 'r9' })
      const error = await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))
      expect(error.message).toContain('is an older copy of run r1')
    })
  })

  it("can't be ruled out beside a run of which only a part of run.json is left", async () => {
    await withRetry({}, async ({ r1, r2 }) => {
      await writeFile(join(r2, 'run.json'), '{"run_id":"r2"')
      expect((await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))).message).toMatch(unknown)
      // Whatever else is there is looked at first: there may be the run that goes on from it.
      await write(join(r2, '..', 'r3'), { ...retry, run_id: 'r3' })
      expect((await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))).message).toContain(
        'before run r3 went on',
      )
    })
  })

  it.each(['/nowhere/r2', 'r2'])("can't be ruled out beside a link to %s", async (target) => {
    await withRetry({}, async ({ r1, r2, runs }) => {
      await rm(r2, { recursive: true })
      await symlink(target, r2)
      expect((await knownErrorOf(() => checkNoNextRun(placeAt(r1), old, 'retry'))).message).toMatch(unknown)
      expect((await listRuns(runs)).map(({ name }) => name)).toEqual(['r1', 'r2'])
      // Its name is no run's.
      await rename(r2, join(runs, '.r2'))
      await checkNoNextRun(placeAt(r1), old, 'retry')
    })
  })

  it('is one also when it lies elsewhere, and its retry beside the link by which it is named', async () => {
    await withRetry({}, async ({ runs, r1 }) => {
      const volume = join(runs, '..', 'volume')
      await mkdir(volume)
      await rename(r1, join(volume, 'r1'))
      await symlink(join(volume, 'r1'), r1)
      const named = await findRun(runs, 'r1', false)
      expect(named).toEqual({ directory: join(volume, 'r1'), link: r1 })
      const error = await knownErrorOf(() => checkNoNextRun(named, old, 'undo'))
      expect(error.next).toBe(`okta-lifecycle undo r2 --runs-dir ${runs}`)
      // It has been told, but its retry is still there.
      const closed = { ...old, state: 'closed', closed_by: 'r2' } as const
      const told = await knownErrorOf(() => checkNotClosed(named, closed, 'undo'))
      expect(told.next).toBe(`okta-lifecycle undo r2 --runs-dir ${runs}`)
    })
  })
})

describe('a run that another one was to go on from', () => {
  const promised = { ...old, closed_by: 'r2' }

  it('is taken up when the other has lost its run.json, or nobody can read it', async () => {
    await withRetry({}, async ({ runs, r1, r2 }) => {
      await rm(join(r2, 'run.json'))
      expect(await isTakenUp(placeAt(r1), promised)).toBe(false)
      for (const spoil of [
        async () => {
          await writeFile(join(r2, 'lock'), '')
          await writeFile(join(r2, 'summary.json'), '{}')
        },
        () => symlink('run.json', join(r2, 'run.json')),
        () => writeFile(join(r2, 'run.json'), '{"run_id":'),
      ]) {
        await rm(join(r2, 'run.json'), { force: true })
        await spoil()
        expect(await isTakenUp(placeAt(r1), promised)).toBe(true)
        const error = await knownErrorOf(() => checkNotClosed(placeAt(r1), promised, 'undo'))
        expect(error.message).toBe('Run r1 is closed: run r2 goes on from it.')
        expect(error.next).toBe(
          `Restore run.json in ${r2} from a backup, then: okta-lifecycle undo r1 --runs-dir ${runs}`,
        )
      }
    })
  })
})
