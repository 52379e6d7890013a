import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, realpath, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CannotWrite } from '../../src/files/cannot-write.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { findRun } from '../../src/run/find-run.ts'
import { copyInput, nameInputCopy } from '../../src/run/input-copy.ts'
import {
  clearUnfinishedStart,
  createRunDirectory,
  endStart,
  hasJournal,
  removeRunDirectory,
} from '../../src/run/run-directory.ts'
import { checkRunId, makeRunId } from '../../src/run/run-id.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

describe('a run id', () => {
  it('sorts by time, names its job, and is one that a user could have chosen', () => {
    const time = fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    const job = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/)
    fc.assert(
      fc.property(time, time, job, job, (one, other, first, second) => {
        fc.pre(one.getTime() < other.getTime())
        const [a, b] = [makeRunId(one, first), makeRunId(other, second)]
        expect(a < b).toBe(true)
        expect(a.endsWith(first)).toBe(true)
        expect(checkRunId(a)).toBe(a)
      }),
    )
  })

  it.each(['a', 'leavers-2026.03_02', 'A'.repeat(128), '0..0'])('may be %j', (id) => {
    expect(checkRunId(id)).toBe(id)
  })

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '-a',
    '.hidden',
    'a b',
    'ä',
    'a\n',
    'a\u0000',
    'A'.repeat(129),
    '*',
  ])('may not be %j', async (id) => {
    const error = await knownErrorOf(() => checkRunId(id))
    expect(error.exitCode).toBe(exitCodes.nothingSent)
    expect(error.next).toContain('--run-id')
  })
})

describe('a new run directory', () => {
  it('is for its owner alone, whatever the umask allows, with all directories above it', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'deep', 'runs')
      const run = await createRunDirectory(runs, 'r1')
      expect(run).toBe(join(runs, 'r1'))
      expect(await modeOf(run)).toBe('700')
    })
  })

  it('is refused where the run exists', async () => {
    await withDirectory(async (runs) => {
      await mkdir(join(runs, 'r1'))
      await writeFile(join(runs, 'r1', 'run.json'), '{}')
      const error = await knownErrorOf(() => createRunDirectory(runs, 'r1'))
      expect(error.exitCode).toBe(exitCodes.nothingSent)
      expect(error.message).toContain('r1')
      expect(error.next).toContain('okta-lifecycle resume r1')
    })
  })

  it('may begin afresh where an earlier start never came to its run.json', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      await mkdir(join(run, 'lock'))
      await writeFile(join(run, 'lock', '1'), '{}')
      await writeFile(join(run, 'input.csv'), 'half of a fi')
      await writeFile(join(run, '.run.json.0123.tmp'), '{')
      expect(await createRunDirectory(runs, 'r1')).toBe(run)
      await clearUnfinishedStart(run)
      // Our mark stays until there is a run.json.
      expect((await readdir(run)).sort()).toEqual(['.started-by-okta-lifecycle', 'lock'])
      expect(await readdir(join(run, 'lock'))).toEqual(['1'])
      await endStart(run)
      expect(await readdir(run)).toEqual(['lock'])
    })
  })

  it('is never one that somebody else made, whatever lies in it', async () => {
    await withDirectory(async (runs) => {
      await mkdir(join(runs, 'payroll'))
      for (const names of [[], ['2026.xlsx'], ['2026.xlsx', 'lock']]) {
        for (const name of names) await writeFile(join(runs, 'payroll', name), 'x')
        const refusals = [
          () => createRunDirectory(runs, 'payroll'),
          () => clearUnfinishedStart(join(runs, 'payroll')),
        ]
        for (const refused of refusals) {
          const error = await knownErrorOf(refused)
          expect(error.exitCode).toBe(exitCodes.nothingSent)
          expect(error.message).toMatch(
            /payroll exists and is not a run of okta-lifecycle\. Nothing in it was changed/,
          )
          expect(error.next).toContain('--run-id')
        }
        expect((await readdir(join(runs, 'payroll'))).sort()).toEqual(names)
      }
      // A file of that name is not ours either.
      await writeFile(join(runs, 'file'), 'x')
      await knownErrorOf(() => createRunDirectory(runs, 'file'))
      expect(await readFile(join(runs, 'file'), 'utf8')).toBe('x')
    })
  })

  it('leaves nothing else in the runs directory, also where it was refused', async () => {
    await withDirectory(async (runs) => {
      await createRunDirectory(runs, 'r1')
      await mkdir(join(runs, 'theirs'))
      await knownErrorOf(() => createRunDirectory(runs, 'theirs'))
      expect((await readdir(runs)).sort()).toEqual(['r1', 'theirs'])
    })
  })

  it('does not clear away a run, whole or damaged', async () => {
    await withDirectory(async (runs) => {
      const run = await createRunDirectory(runs, 'r1')
      await writeFile(join(run, 'journal.ndjson'), 'x')
      expect((await knownErrorOf(() => clearUnfinishedStart(run))).message).toContain('journal')
      await writeFile(join(run, 'run.json'), '{}')
      expect((await knownErrorOf(() => clearUnfinishedStart(run))).message).toContain('exists')
      expect((await readdir(run)).sort()).toEqual([
        '.started-by-okta-lifecycle',
        'journal.ndjson',
        'run.json',
      ])
      expect(await hasJournal(run)).toBe(true)
      await removeRunDirectory(run)
      expect(await hasJournal(run)).toBe(false)
    })
  })

  it('says what stands in its way', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'runs')
      await writeFile(file, '')
      const error = await knownErrorOf(() => createRunDirectory(file, 'r1'))
      expect(error.message).toContain(join(file, 'r1'))
      // The command adds what to type next.
      expect(error).toBeInstanceOf(CannotWrite)
      expect(error.next).toContain('Check the path')
    })
  })
})

describe('the copy of the input', () => {
  it('is the input byte for byte, for its owner alone, under the name of its format', async () => {
    await withDirectory(async (directory) => {
      const bytes = randomBytes(3 * 1024 * 1024 + 17)
      const source = join(directory, 'users')
      await writeFile(source, bytes)
      const copy = await copyInput(source, directory, 'input.part')
      expect(copy).toEqual({
        file: 'input.part',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
      })
      const named = await nameInputCopy(directory, copy, 'jsonl')
      expect(named.file).toBe('input.jsonl')
      expect((await readFile(join(directory, 'input.jsonl'))).equals(bytes)).toBe(true)
      expect(await modeOf(join(directory, 'input.jsonl'))).toBe('600')
      expect(await readdir(directory)).not.toContain('input.part')
    })
  })

  it('is empty where the input is', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'empty.csv'), '')
      expect((await copyInput(join(directory, 'empty.csv'), directory, 'input.csv')).bytes).toBe(0)
    })
  })

  it('is what comes through a named pipe, whenever its writer begins', async () => {
    await withDirectory(async (directory) => {
      const pipe = join(directory, 'pipe')
      execFileSync('mkfifo', [pipe])
      const bytes = randomBytes(300_000)
      const copying = copyInput(pipe, directory, 'input.csv')
      await writeFile(pipe, bytes)
      expect((await copying).bytes).toBe(bytes.length)
      expect((await readFile(join(directory, 'input.csv'))).equals(bytes)).toBe(true)
    })
  })

  it('ends with a stop while nobody writes to the pipe', async () => {
    await withDirectory(async (directory) => {
      const pipe = join(directory, 'pipe')
      execFileSync('mkfifo', [pipe])
      const stop = new AbortController()
      const copying = copyInput(pipe, directory, 'input.csv', stop.signal)
      stop.abort()
      await expect(copying).rejects.toThrow(RunStopped)
    })
  })

  it('tells an input that cannot be read from a place that cannot be written', async () => {
    await withDirectory(async (directory) => {
      const missing = join(directory, 'nobody.csv')
      const noFile = await knownErrorOf(() => copyInput(missing, directory, 'input.csv'))
      expect(noFile.message).toMatch(/nobody\.csv can't be read: there is no such file/)
      const isDirectory = await knownErrorOf(() => copyInput(directory, directory, 'input.csv'))
      expect(isDirectory.message).toContain('it is a directory')
      // On Linux, the first page of this process's own memory answers a read as a broken disk does.
      if (process.platform === 'linux') {
        const broken = await knownErrorOf(() => copyInput('/proc/self/mem', directory, 'input.csv'))
        expect(broken.message).toMatch(/mem can't be read: the disk reports an error/)
      }
      await writeFile(join(directory, 'users.csv'), 'user\n')
      await symlink('/dev/full', join(directory, 'full.csv'))
      const full = await knownErrorOf(() => copyInput(join(directory, 'users.csv'), directory, 'full.csv'))
      expect(full.message).toMatch(/full\.csv can't be written: the disk is full/)
      const nowhere = join(directory, 'nowhere')
      const noPlace = await knownErrorOf(() => copyInput(join(directory, 'users.csv'), nowhere, 'input.csv'))
      expect(noPlace.message).toContain("can't be written")
    })
  })
})

describe('finding a run', () => {
  async function makeRun(runs: string, id: string): Promise<string> {
    const run = await createRunDirectory(runs, id)
    await writeFile(join(run, 'run.json'), '{"run_id":')
    return run
  }

  it('goes by its id or its path', async () => {
    await withDirectory(async (directory) => {
      const runs = join(directory, 'runs')
      const run = await makeRun(runs, 'r1')
      expect((await findRun(runs, 'r1', false)).directory).toBe(run)
      expect((await findRun('/nowhere', run, false)).directory).toBe(run)
      // A path is seen from where the command is typed, never from the runs directory: there may be another run.
      const other = join(directory, 'other')
      await mkdir(other)
      await expect(findRun(other, `../${basename(runs)}/r1`, false)).rejects.toThrow('There is no run')
      await symlink(run, join(other, 'linked'))
      for (const named of [join(other, 'linked'), `${join(other, 'linked')}/`, `${run}/.`])
        expect((await findRun('/nowhere', named, false)).directory).toBe(await realpath(run))
    })
  })

  it('goes by when it began, not by its id or by what was written since', async () => {
    await withDirectory(async (runs) => {
      await makeRun(runs, 'z-oldest')
      await new Promise((resolve) => setTimeout(resolve, 20))
      const newest = await makeRun(runs, 'a-newest')
      await writeFile(join(runs, 'z-oldest', 'results.csv'), '')
      await utimes(join(runs, 'z-oldest'), new Date('2090-01-01'), new Date('2090-01-01'))
      // Not a run, though it is the newest directory.
      await mkdir(join(runs, 'zz-unfinished'))
      await writeFile(join(runs, 'note.txt'), '')
      expect((await findRun(runs, undefined, true)).directory).toBe(newest)
    })
  })

  it('says what it did not find, and what to type', async () => {
    await withDirectory(async (runs) => {
      for (const [run, latest] of [
        ['r9', false],
        [undefined, true],
        [undefined, false],
        ['r9', true],
      ] as const) {
        const error = await knownErrorOf(() => findRun(runs, run, latest))
        expect(error.exitCode).toBe(exitCodes.nothingSent)
        expect(error.next).not.toBe('')
      }
      await knownErrorOf(() => findRun(join(runs, 'nowhere'), undefined, true))
    })
  })

  it('says so where the runs can’t be looked at: that is not the same as none', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'file'), '')
      const error = await knownErrorOf(() => findRun(join(directory, 'file'), undefined, true))
      expect(error.message).toContain("can't be read")
      expect(error.message).not.toContain('no runs')
      await knownErrorOf(() => findRun(directory, 'x'.repeat(300), false))
    })
  })

  it.skipIf(process.getuid?.() === 0)('says so of a directory that it may not look into', async () => {
    await withDirectory(async (runs) => {
      await mkdir(join(runs, 'closed'))
      await chmod(join(runs, 'closed'), 0o000)
      await makeRun(runs, 'r1')
      const error = await knownErrorOf(() => findRun(runs, undefined, true))
      expect(error.message).toContain("can't be read")
      await chmod(join(runs, 'closed'), 0o700)
    })
  })
})
