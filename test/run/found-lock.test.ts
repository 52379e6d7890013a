import { execFile } from 'node:child_process'
import { link, mkdir, open, readdir, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { KnownError } from '../../src/known-error.ts'
import { acquireLock, isLocked, type Lock } from '../../src/run/lock.ts'
import { withDirectory } from './support.ts'

describe('the lock of a run', () => {
  it('is got once where the last holder goes while two look', async () => {
    await withDirectory(async (directory) => {
      const locks = join(directory, 'lock')
      await mkdir(locks)
      // A holder that is read slowly: the reader waits until something is written into the pipe.
      await promisify(execFile)('mkfifo', [join(locks, '1')])
      await link(join(locks, '1'), join(directory, 'pipe'))
      const slow = acquireLock(directory).then(
        (lock): Lock | null => lock,
        () => null,
      )
      // It opens once the other is there to read, so the first has listed the directory by now.
      const pipe = await open(join(directory, 'pipe'), 'w')
      // Meanwhile the holder releases, and another process takes the lock.
      await unlink(join(locks, '1'))
      const quick = await acquireLock(directory)
      const dead = { host: 'x', boot_id: 'x', pid_namespace: null, pid: 1, process_started: null, since: '' }
      const [mine] = (await readdir(locks)).filter((name) => /^\d+$/.test(name))
      expect(mine).toBe('1')
      await pipe.write(JSON.stringify({ ...dead, host: hostname() }))
      await pipe.close()
      const both = [await slow, quick].filter((lock) => lock !== null)
      for (const lock of both) await lock.release()
      expect(both).toHaveLength(1)
    })
  })

  it.each(['', '{"host":"a', '\u0000\u0000\u0000\u0000', '[]', 'null'])(
    'is not barred by a file that a power cut left as %j',
    async (text) => {
      await withDirectory(async (directory) => {
        await mkdir(join(directory, 'lock'))
        await writeFile(join(directory, 'lock', '1'), text)
        await isLocked(directory)
        // Taken over, or refused in words that say what to do; never a bare error of the parser.
        const outcome = await acquireLock(directory).then(
          async (lock) => {
            await lock.release()
            return 'taken'
          },
          (error: unknown) => (error instanceof KnownError ? 'refused in words' : String(error)),
        )
        expect(['taken', 'refused in words']).toContain(outcome)
      })
    },
  )
})
