import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acquireLock, isLocked } from '../../src/files/lock.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { knownErrorOf, withDirectory } from '../journal/support.ts'

/** Puts a holder there that may differ from this process in anything. */
async function hold(directory: string, more: Readonly<Record<string, unknown>>, number = 2): Promise<void> {
  const lock = await acquireLock(directory)
  const [mine] = await readdir(join(directory, 'lock'))
  const holder: unknown = JSON.parse(await readFile(join(directory, 'lock', mine ?? ''), 'utf8'))
  await lock.release()
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

  it('leaves no more behind than the number that was held last, also where it was refused', async () => {
    await withDirectory(async (directory) => {
      const lock = await acquireLock(directory)
      for (let i = 0; i < 3; i++) await knownErrorOf(() => acquireLock(directory))
      expect(await readdir(join(directory, 'lock'))).toEqual(['1'])
      await lock.release()
      expect(await readdir(join(directory, 'lock'))).toEqual(['1.released'])
    })
  })

  it('uses no number twice', async () => {
    await withDirectory(async (directory) => {
      for (let number = 1; number <= 12; number++) {
        const lock = await acquireLock(directory)
        expect(await readdir(join(directory, 'lock'))).toEqual([String(number)])
        await lock.release()
      }
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

  it('is not barred by what is lower than the number that counts', async () => {
    await withDirectory(async (directory) => {
      await hold(directory, {}, 3)
      await writeFile(join(directory, 'lock', '10.released'), '')
      // As text 3 comes after 10.
      expect(await isLocked(directory)).toBe(false)
      const lock = await acquireLock(directory)
      expect(await readdir(join(directory, 'lock'))).toEqual(['11'])
      await lock.release()
    })
  })

  it.each(['', '{"host":"a', '\u0000\u0000\u0000\u0000', '[]', 'null', '7', '{"host":"a"}'])(
    'is not barred by a file that a power cut left as %j',
    async (text) => {
      await withDirectory(async (directory) => {
        await mkdir(join(directory, 'lock'))
        await writeFile(join(directory, 'lock', '1'), text)
        expect(await isLocked(directory)).toBe(false)
        const lock = await acquireLock(directory)
        expect(await isLocked(directory)).toBe(true)
        await lock.release()
      })
    },
  )

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
