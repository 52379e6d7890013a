import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { acquireLock, isLocked, type Lock } from '../../src/files/lock.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'
import { type LockProcess, startLockProcess, translateLock } from './lock-process.ts'

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
  await unlink(join(scripts, 'node_modules'))
  await rm(scripts, { recursive: true, force: true })
})

async function start(count: number): Promise<LockProcess[]> {
  const processes = await Promise.all(Array.from({ length: count }, () => startLockProcess(script)))
  started.push(...processes)
  return processes
}

describe('the lock of a run, wanted by several processes', () => {
  it('is got by exactly one of two in the same moment, time after time', async () => {
    const two = await start(2)
    for (let round = 0; round < 30; round++) {
      await withDirectory(async (directory) => {
        const attempts = await Promise.all(two.map((process) => process.take(directory)))
        expect(attempts.filter(({ got }) => got)).toHaveLength(1)
        expect(attempts.find(({ got }) => !got)).toMatchObject({ exitCode: exitCodes.heldElsewhere })
      })
    }
  })

  it('is got by exactly one of them while it goes from hand to hand', async () => {
    const three = await start(3)
    await withDirectory(async (directory) => {
      for (let round = 0; round < 20; round++) {
        const attempts = await Promise.all(three.map((process) => process.take(directory)))
        expect(attempts.filter(({ got }) => got)).toHaveLength(1)
        await three[attempts.findIndex(({ got }) => got)]?.release()
      }
    })
  })

  it('is got by exactly one of many where the last holder was killed', async () => {
    await withDirectory(async (directory) => {
      for (let round = 0; round < 2; round++) {
        const processes = await start(3)
        const attempts = await Promise.all(processes.map((process) => process.take(directory)))
        expect(attempts.filter(({ got }) => got)).toHaveLength(1)
        // The holder leaves its lock behind for the next round.
        for (const process of started.splice(0)) await process.kill()
        expect(await isLocked(directory)).toBe(false)
      }
    })
  })

  it('is held by another process until it releases it', async () => {
    await withDirectory(async (directory) => {
      const [other] = await start(1)
      expect(await other?.take(directory)).toEqual({ got: true })
      expect(await isLocked(directory)).toBe(true)
      const error = await knownErrorOf(() => acquireLock(directory))
      expect(error.message).toContain(String(other?.pid))
      await other?.release()
      expect(await isLocked(directory)).toBe(false)
      await (await acquireLock(directory)).release()
    })
  })

  it('left by SIGKILL is taken over', async () => {
    await withDirectory(async (directory) => {
      const [other] = await start(1)
      await other?.take(directory)
      expect(await isLocked(directory)).toBe(true)
      await other?.kill()
      started.splice(0)
      expect(await isLocked(directory)).toBe(false)
      const lock = await acquireLock(directory)
      expect(await readdir(join(directory, 'lock'))).toEqual(['2'])
      await lock.release()
    })
  })
})

describe('the lock of a run, whose holder has ended and was not waited for', () => {
  async function statOf(pid: number): Promise<{ state: string; startedAt: string }> {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' }
  }

  it('is taken over', async () => {
    await withDirectory(async (directory) => {
      // The shell turns into a process that never asks how the other has ended.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      try {
        const [said] = (await once(parent.stdout, 'data')) as [Buffer]
        const pid = Number(said.toString())
        const { startedAt } = await statOf(pid)
        await (await acquireLock(directory)).release()
        const mine = join(directory, 'lock', '1.released')
        const holder = { ...JSON.parse(await readFile(mine, 'utf8')), pid, process_started: startedAt }
        await writeFile(join(directory, 'lock', '2'), JSON.stringify(holder))
        expect(await isLocked(directory)).toBe(true)
        process.kill(pid, 'SIGKILL')
        while ((await statOf(pid)).state !== 'Z') await new Promise((resolve) => setImmediate(resolve))
        expect(await isLocked(directory)).toBe(false)
        await (await acquireLock(directory)).release()
      } finally {
        parent.kill('SIGKILL')
      }
    })
  })
})

describe('the lock of a run, whose holder goes while somebody looks', () => {
  const deadHolder = JSON.stringify({
    host: hostname(),
    boot_id: 'of an earlier start',
    pid_namespace: null,
    pid: 1,
    process_started: null,
    since: '2026-03-02T10:00:00.000Z',
  })

  /**
   * Plays somebody who reads the first holder slowly, while others go on.
   *
   * @param meanwhile what happens after the slow one has seen that `1` counts, and before it knows who holds it
   * @returns the locks that are held in the end
   */
  async function besideSlow(
    directory: string,
    meanwhile: (locks: string) => Promise<readonly Lock[]>,
  ): Promise<Lock[]> {
    const locks = join(directory, 'lock')
    await mkdir(locks)
    // A reader of a pipe waits until something is written into it.
    await promisify(execFile)('mkfifo', [join(locks, '1')])
    await link(join(locks, '1'), join(directory, 'pipe'))
    const slow = acquireLock(directory).catch((error: unknown) => {
      if (error instanceof KnownError) return null
      throw error
    })
    // It opens once the other is there to read, so the slow one has listed the directory by now.
    const pipe = await open(join(directory, 'pipe'), 'w')
    const held = await meanwhile(locks)
    await pipe.write(deadHolder)
    await pipe.close()
    const got = await slow
    return got === null ? [...held] : [...held, got]
  }

  async function released(locks: string): Promise<void> {
    await rename(join(locks, '1'), join(locks, '1.released'))
  }

  /** Another process took it before, and died: its file stands there whole in place of the pipe. */
  async function died(locks: string): Promise<void> {
    await writeFile(join(locks, 'draft-dead'), deadHolder)
    await rename(join(locks, 'draft-dead'), join(locks, '1'))
  }

  it.each([
    ['releases it', released],
    ['dies', died],
  ])('is got once where the holder %s and another takes it', async (_name, goes) => {
    await withDirectory(async (directory) => {
      const held = await besideSlow(directory, async (locks) => {
        await goes(locks)
        return [await acquireLock(directory)]
      })
      expect(held).toHaveLength(1)
      expect(await readdir(join(directory, 'lock'))).toEqual(['2'])
      await held[0]?.release()
    })
  })

  it.each([
    ['releases it', released],
    ['dies', died],
  ])('is got once where the holder %s and it has gone through several hands', async (_name, goes) => {
    await withDirectory(async (directory) => {
      const held = await besideSlow(directory, async (locks) => {
        await goes(locks)
        for (let times = 0; times < 2; times++) await (await acquireLock(directory)).release()
        return [await acquireLock(directory)]
      })
      expect(held).toHaveLength(1)
      expect(await readdir(join(directory, 'lock'))).toEqual(['4'])
      await held[0]?.release()
    })
  })

  it.each([
    ['releases it', released],
    ['dies', died],
  ])('goes to who looks where the holder %s and nobody holds it any more', async (_name, goes) => {
    await withDirectory(async (directory) => {
      const held = await besideSlow(directory, async (locks) => {
        await goes(locks)
        await (await acquireLock(directory)).release()
        return []
      })
      expect(held).toHaveLength(1)
      expect(await readdir(join(directory, 'lock'))).toEqual(['3'])
      await held[0]?.release()
    })
  })
})
