import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Hold } from '../../src/files/hold/hold.ts'
import { describeMyself } from '../../src/files/hold/holder.ts'
import { reportHold } from '../../src/files/hold/observe.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'
import { holdOf } from './hold-of.ts'
import { type HoldProcess, startHoldProcess, translateHold } from './hold-process.ts'

/** Reads that take long: their texts are those that the files had when the reads began. */
const slowReads = vi.hoisted(() => new Map<string, () => Promise<void>>())

// No file of the system's can slow a read any more: whatever is not a regular file is refused.
vi.mock('../../src/files/read-regular.ts', async (original) => {
  const real = await original<typeof import('../../src/files/read-regular.ts')>()
  const readRegular: typeof real.readRegular = async (path, flags) => {
    const text = await real.readRegular(path, flags)
    const wait = slowReads.get(path)
    slowReads.delete(path)
    await wait?.()
    return text
  }
  return { ...real, readRegular }
})

/** Lets the next read of a file wait for `goOn`. */
function slowly(path: string): { readonly begun: Promise<void>; readonly goOn: () => void } {
  let goOn = (): void => {}
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const begun = new Promise<void>((resolve) => {
    slowReads.set(path, () => {
      resolve()
      return waiting
    })
  })
  return { begun, goOn }
}

async function isHeld(directory: string): Promise<boolean> {
  return (await reportHold(directory)).kind !== 'free'
}

let scripts: string
let script: string
const started: HoldProcess[] = []

beforeAll(async () => {
  scripts = await mkdtemp(join(tmpdir(), 'okta-lifecycle-hold-'))
  script = await translateHold(scripts)
})

afterEach(async () => {
  for (const process of started.splice(0)) await process.kill()
})

afterAll(async () => {
  await unlink(join(scripts, 'node_modules'))
  await rm(scripts, { recursive: true, force: true })
})

async function start(count: number): Promise<HoldProcess[]> {
  const processes = await Promise.all(Array.from({ length: count }, () => startHoldProcess(script)))
  started.push(...processes)
  return processes
}

describe('the hold of a run, wanted by several processes', () => {
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
        // The holder leaves its hold behind for the next round.
        for (const process of started.splice(0)) await process.kill()
        expect(await isHeld(directory)).toBe(false)
      }
    })
  })

  it('is held by another process until it releases it', async () => {
    await withDirectory(async (directory) => {
      const [other] = await start(1)
      expect(await other?.take(directory)).toEqual({ got: true })
      expect(await isHeld(directory)).toBe(true)
      const error = await knownErrorOf(() => holdOf(directory))
      expect(error.message).toContain(String(other?.pid))
      await other?.release()
      expect(await isHeld(directory)).toBe(false)
      await (await holdOf(directory)).release()
    })
  })

  it('left by SIGKILL is taken over', async () => {
    await withDirectory(async (directory) => {
      const [other] = await start(1)
      await other?.take(directory)
      expect(await isHeld(directory)).toBe(true)
      await other?.kill()
      started.splice(0)
      expect(await isHeld(directory)).toBe(false)
      const hold = await holdOf(directory)
      expect((await readdir(join(directory, 'lock'))).sort()).toEqual(['2', '2.sign'])
      await hold.release()
    })
  })
})

describe('the hold of a run, whose holder has ended and was not waited for', () => {
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
        await (await holdOf(directory)).release()
        const mine = join(directory, 'lock', '1.released')
        const holder = { ...JSON.parse(await readFile(mine, 'utf8')), pid, process_started: startedAt }
        await writeFile(join(directory, 'lock', '2'), JSON.stringify(holder))
        expect(await isHeld(directory)).toBe(true)
        process.kill(pid, 'SIGKILL')
        while ((await statOf(pid)).state !== 'Z') await new Promise((resolve) => setImmediate(resolve))
        expect(await isHeld(directory)).toBe(false)
        await (await holdOf(directory)).release()
      } finally {
        parent.kill('SIGKILL')
      }
    })
  })
})

describe('the hold of a run, whose holder goes while somebody looks', () => {
  let deadHolder: string

  beforeAll(async () => {
    // The process id is this one's by now; the process that had it before is gone.
    deadHolder = JSON.stringify({ ...(await describeMyself(null)), process_started: '1' })
  })

  /**
   * Plays somebody who reads the first holder slowly, while others go on.
   *
   * @param meanwhile what happens after the slow one has seen that `1` counts, and before it knows who holds it
   * @returns the holds that are there in the end
   */
  async function besideSlow(
    directory: string,
    meanwhile: (locks: string) => Promise<readonly Hold[]>,
  ): Promise<Hold[]> {
    const locks = join(directory, 'lock')
    await mkdir(locks)
    await writeFile(join(locks, '1'), deadHolder)
    const read = slowly(join(locks, '1'))
    const slow = holdOf(directory).catch((error: unknown) => {
      if (error instanceof KnownError) return null
      throw error
    })
    // The slow one has listed the directory and opened the file by now.
    await read.begun
    const held = await meanwhile(locks)
    read.goOn()
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
        return [await holdOf(directory)]
      })
      expect(held).toHaveLength(1)
      expect((await readdir(join(directory, 'lock'))).sort()).toEqual(['2', '2.sign'])
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
        for (let times = 0; times < 2; times++) await (await holdOf(directory)).release()
        return [await holdOf(directory)]
      })
      expect(held).toHaveLength(1)
      expect((await readdir(join(directory, 'lock'))).sort()).toEqual(['4', '4.sign'])
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
        await (await holdOf(directory)).release()
        return []
      })
      expect(held).toHaveLength(1)
      expect((await readdir(join(directory, 'lock'))).sort()).toEqual(['3', '3.sign'])
      await held[0]?.release()
    })
  })
})
