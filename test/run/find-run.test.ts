import { mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findRun } from '../../src/run/find-run.ts'
import { writeRunFile } from '../../src/run/run-file.ts'
import { plainRun } from '../engine/plain-run.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'

/** Makes a run, and returns its directory. */
async function makeRun(
  runs: string,
  id: string,
  more: Partial<ReturnType<typeof plainRun>> = {},
): Promise<string> {
  const directory = join(runs, id)
  await mkdir(directory, { recursive: true })
  await writeRunFile(directory, { ...plainRun(), run_id: id, ...more })
  await writeFile(join(directory, 'journal.ndjson'), '')
  return directory
}

/** Two sites with a run of the same id, while the current directory is that of the runs of the first one. */
async function withTwoSites(work: (here: string, there: string) => Promise<void>): Promise<void> {
  await withDirectory(async (made) => {
    const directory = await realpath(made)
    const [here, there] = [join(directory, 'a', 'runs'), join(directory, 'b', 'runs')]
    for (const runs of [here, there]) await makeRun(runs, 'r1')
    const before = process.cwd()
    process.chdir(here)
    try {
      await work(here, there)
    } finally {
      process.chdir(before)
    }
  })
}

describe('an id', () => {
  it('is looked for in the runs directory alone, never in the current directory', async () => {
    await withTwoSites(async (_here, there) => {
      expect((await findRun(there, 'r1', false)).directory).toBe(join(there, 'r1'))
      await rename(join(there, 'r1'), join(there, 'moved'))
      const error = await knownErrorOf(() => findRun(there, 'r1', false))
      expect([error.message, error.exitCode]).toEqual([`There is no run r1 in ${there}.`, 2])
      expect(error.next).toMatch(/type a path: \.\/r1$/)
      expect((await findRun(there, './r1', false)).directory).toBe('./r1')
      expect((await knownErrorOf(() => findRun(there, 'r2', false))).next).not.toContain('./r2')
    })
  })

  it('that a store does not know is answered with the store', async () => {
    const error = await knownErrorOf(() => findRun('/nowhere/postgres%3A%2F%2Fhost%2Fdb', 'r1', false))
    expect(error.message).toBe('There is no run r1 in postgres://host/db.')
    expect(error.next).toMatch(/okta-lifecycle runs --store postgres:\/\/host\/db$/)
  })

  it('of a run that has lost its run.json says what to restore', async () => {
    await withTwoSites(async (_here, there) => {
      await rm(join(there, 'r1', 'run.json'))
      for (const named of ['r1', join(there, 'r1'), '../../b/runs/r1']) {
        const error = await knownErrorOf(() => findRun(there, named, false))
        expect([error.message, error.exitCode]).toEqual([
          expect.stringMatching(/r1 has a journal but no run\.json\.$/),
          2,
        ])
        expect(error.next).toMatch(/^Restore run\.json in .*b\/runs\/r1 from a backup$/)
      }
    })
  })

  it('has at least one character: an empty one is not the current directory', async () => {
    await withTwoSites(async (here, there) => {
      process.chdir(join(here, 'r1'))
      expect((await knownErrorOf(() => findRun(there, '', false))).message).toBe('No run is given.')
    })
  })
})

describe('the latest run', () => {
  const early = { created_at: '2026-01-01T00:00:00.000Z' }

  it.each([['journal.ndjson'], ['journal.head'], ['summary.json'], ['results.csv']])(
    'is never an older one when the newest has only %s left',
    async (left) => {
      await withDirectory(async (runs) => {
        await makeRun(runs, 'first', early)
        const second = await makeRun(runs, 'second')
        await rm(second, { recursive: true })
        await mkdir(second)
        expect((await findRun(runs, undefined, true)).directory).toBe(join(runs, 'first'))
        // Without the directory by which it was held, reports may be copies that somebody has put there.
        await writeFile(join(second, 'lock'), '')
        await writeFile(join(second, left), '')
        const error = await knownErrorOf(() => findRun(runs, undefined, true))
        expect(error.message).toMatch(/second has .* but no run\.json/)
        expect(error.next).toBe(`Restore run.json in ${second} from a backup`)
        // A start of ours that broke off has sent nothing.
        await writeFile(join(second, '.started-by-okta-lifecycle'), '')
        expect((await findRun(runs, undefined, true)).directory).toBe(join(runs, 'first'))
      })
    },
  )

  it.each(['/nowhere/second', 'second'])('is not guessed beside a link to %s', async (target) => {
    await withDirectory(async (runs) => {
      await makeRun(runs, 'first', early)
      await symlink(target, join(runs, 'second'))
      const error = await knownErrorOf(() => findRun(runs, undefined, true))
      expect(error.message).toMatch(/^Which run is the latest can't be found out: .*second/)
      expect((await findRun(runs, 'first', false)).directory).toBe(join(runs, 'first'))
    })
  })
})

describe('a path', () => {
  it('leads where the system goes: `..` behind a link is not what the text says', async () => {
    await withTwoSites(async (here, there) => {
      await symlink(join(there, 'r1'), join(here, 'cur'))
      expect((await findRun('/nowhere', 'cur/../r1', false)).directory).toBe(join(there, 'r1'))
      await rename(join(there, 'r1'), join(there, 'moved'))
      await rm(join(here, 'cur'))
      await symlink(join(there, 'moved'), join(here, 'cur'))
      const error = await knownErrorOf(() => findRun('/nowhere', 'cur/../r1', false))
      expect(error.message).toBe('There is no run at cur/../r1.')
    })
  })

  it('is shown as it was typed when text and system agree', async () => {
    await withTwoSites(async (here, there) => {
      await symlink(there, join(here, '..', 'others'))
      for (const named of ['./r1', '../runs/r1', '../others/r1', '../../a/runs/r1'])
        expect((await findRun('/nowhere', named, false)).directory).toBe(named)
      for (const more of ['/', '/.', '/./', '//'])
        expect((await findRun('/nowhere', `../runs/r1${more}`, false)).directory).toBe('../runs/r1')
    })
  })

  it('to a runs directory is the same for an id and for the latest run', async () => {
    await withTwoSites(async (here, there) => {
      await symlink(there, join(here, '..', 'others'))
      await makeRun(here, 'r2', { created_at: '2090-01-01T00:00:00.000Z' })
      expect((await findRun('../others/../runs', 'r2', false)).directory).toBe('../runs/r2')
      expect((await findRun('../others/../runs', undefined, true)).directory).toBe('../runs/r2')
    })
  })

  it('through a part that is not there leads nowhere', async () => {
    await withTwoSites(async () => {
      await expect(findRun('/nowhere', 'gone/../r1', false)).rejects.toThrow('There is no run at')
    })
  })
})

describe('a run that is a link', () => {
  it('is found in its real place, however it is named', async () => {
    await withTwoSites(async (here, there) => {
      await rm(join(here, 'r1'), { recursive: true })
      await symlink(join(there, 'r1'), join(here, 'r1'))
      const real = join(there, 'r1')
      for (const named of ['r1', './r1', './r1/', real, './r1/.'])
        expect((await findRun(here, named, false)).directory).toBe(real)
      expect((await findRun(here, undefined, true)).directory).toBe(real)
      // A link to its neighbour is that one. A runs directory that is a link stays as it is typed.
      await symlink('r1', join(there, 'link'))
      await symlink(there, join(here, '..', 'others'))
      expect((await findRun('../others', 'link', false)).directory).toBe('../others/r1')
      expect((await findRun('../others', 'r1', false)).directory).toBe('../others/r1')
    })
  })

  it('to a disk that is not there is not "no run"', async () => {
    await withTwoSites(async (here) => {
      await symlink('/nowhere/r2', join(here, 'r2'))
      for (const named of ['r2', './r2', './r2/']) {
        const error = await knownErrorOf(() => findRun(here, named, false))
        expect(error.message, named).toMatch(/r2\/? is a link to \/nowhere\/r2, which is not there\.$/)
        expect(error.next, named).toMatch(/^Bring \/nowhere\/r2 back/)
      }
    })
  })
})
