import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes, KnownError } from '../../src/known-error.ts'
import { acquireLock, isLocked } from '../../src/run/lock.ts'
import { type LockProcess, startLockProcess, translateLock } from './lock-process.ts'
import { knownErrorOf, withDirectory } from './support.ts'

let scripts: string
let script: string
const started: LockProcess[] = []

beforeAll(async () => {
  scripts = await mkdtemp(join(tmpdir(), 'okta-lifecycle-lock-'))
  script = await translateLock(scripts)
})

afterEach(async () => {
  for (const process of started.splice(0)) await process.kill()
})

afterAll(async () => {
  await rm(scripts, { recursive: true, force: true })
})

async function startedIn(directory: string): Promise<LockProcess> {
  const process = await startLockProcess(script, directory)
  started.push(process)
  return process
}

/** Puts a holder there that may differ from this process in anything. */
async function hold(directory: string, more: Readonly<Record<string, unknown>>, number = 1): Promise<void> {
  const lock = await acquireLock(directory)
  const [mine] = await readdir(join(directory, 'lock'))
  const holder: unknown = JSON.parse(await readFile(join(directory, 'lock', mine ?? ''), 'utf8'))
  await lock.release()
  await mkdir(join(directory, 'lock'), { recursive: true })
  await writeFile(join(directory, 'lock', String(number)), JSON.stringify({ ...(holder as object), ...more }))
}

describe('the lock of a run', () => {
  it('is held once, and free again when it is released', async () => {
    await withDirectory(async (directory) => {
      expect(await isLocked(directory)).toBe(false)
      const lock = await acquireLock(directory)
      expect(await isLocked(directory)).toBe(true)
      const error = await knownErrorOf(() => acquireLock(directory))
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(error.message).toContain(String(process.pid))
      expect(error.message).toContain(directory)
      await lock.release()
      expect(await isLocked(directory)).toBe(false)
      await (await acquireLock(directory)).release()
    })
  })

  it('leaves nothing behind, also where it was refused', async () => {
    await withDirectory(async (directory) => {
      const lock = await acquireLock(directory)
      for (let i = 0; i < 3; i++) await knownErrorOf(() => acquireLock(directory))
      expect(await readdir(join(directory, 'lock'))).toHaveLength(1)
      await lock.release()
      expect(await readdir(join(directory, 'lock'))).toEqual([])
    })
  })

  it('is got by exactly one of many in this process, time after time', async () => {
    await withDirectory(async (directory) => {
      for (let round = 0; round < 20; round++) {
        const results = await Promise.allSettled(Array.from({ length: 12 }, () => acquireLock(directory)))
        const got = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
        expect(got).toHaveLength(1)
        for (const result of results)
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(KnownError)
        await got[0]?.release()
      }
    })
  })

  it('is got by exactly one of two processes in the same moment, time after time', async () => {
    for (let round = 0; round < 30; round++) {
      await withDirectory(async (directory) => {
        const two = await Promise.all([startedIn(directory), startedIn(directory)])
        const attempts = await Promise.all(two.map((process) => process.take()))
        expect(attempts.filter(({ got }) => got)).toHaveLength(1)
        const refused = attempts.find(({ got }) => !got)
        expect(refused).toMatchObject({ exitCode: exitCodes.heldElsewhere })
        for (const process of started.splice(0)) await process.kill()
      })
    }
  })

  it('is got by exactly one of many processes where the last holder was killed', async () => {
    await withDirectory(async (directory) => {
      for (let round = 0; round < 4; round++) {
        const four = await Promise.all(Array.from({ length: 4 }, () => startedIn(directory)))
        const attempts = await Promise.all(four.map((process) => process.take()))
        expect(attempts.filter(({ got }) => got)).toHaveLength(1)
        // The holder leaves its lock behind for the next round.
        for (const process of started.splice(0)) await process.kill()
        expect(await isLocked(directory)).toBe(false)
      }
    })
  })

  it('is held by another process as long as that lives, and free once it has ended', async () => {
    await withDirectory(async (directory) => {
      const other = await startedIn(directory)
      expect(await other.take()).toEqual({ got: true })
      expect(await isLocked(directory)).toBe(true)
      expect((await knownErrorOf(() => acquireLock(directory))).message).toContain(String(other.pid))
      await other.release()
      started.splice(0)
      await (await acquireLock(directory)).release()
    })
  })

  it('left by SIGKILL is taken over', async () => {
    await withDirectory(async (directory) => {
      const other = await startedIn(directory)
      await other.take()
      await other.kill()
      started.splice(0)
      expect(await isLocked(directory)).toBe(false)
      const lock = await acquireLock(directory)
      expect(await readdir(join(directory, 'lock'))).toEqual(['2'])
      await lock.release()
    })
  })

  it('of another machine, or of another container, is held: nobody can look there', async () => {
    for (const elsewhere of [
      { host: `${hostname()}-other`, pid: 1 },
      { pid_namespace: 'pid:[1]', pid: 2 ** 22 + 1 },
    ]) {
      await withDirectory(async (directory) => {
        await hold(directory, elsewhere)
        const error = await knownErrorOf(() => acquireLock(directory))
        expect(error.exitCode).toBe(exitCodes.heldElsewhere)
        // Someone must look there; the message says what to do then.
        expect(error.next).toContain(join(directory, 'lock'))
        expect(await isLocked(directory)).toBe(true)
      })
    }
  })

  it('of a process whose id is somebody else’s by now, or of before the machine’s start, is taken over', async () => {
    for (const dead of [{ process_started: '1' }, { boot_id: 'another' }, { pid: 2 ** 22 + 1 }]) {
      await withDirectory(async (directory) => {
        await hold(directory, dead, 7)
        expect(await isLocked(directory)).toBe(false)
        const lock = await acquireLock(directory)
        expect(await readdir(join(directory, 'lock'))).toEqual(['8'])
        await lock.release()
      })
    }
  })

  it('is not minded by what else lies there', async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, 'lock'))
      await writeFile(join(directory, 'lock', 'draft-left-behind'), '')
      await writeFile(join(directory, 'lock', '.DS_Store'), '')
      const lock = await acquireLock(directory)
      expect(await isLocked(directory)).toBe(true)
      await lock.release()
    })
  })
})
