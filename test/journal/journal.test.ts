import { appendFile, type FileHandle, open, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { HoldLost } from '../../src/files/hold/hold.ts'
import type { Fence } from '../../src/files/synced-appends.ts'
import { Journal, JournalFailed } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { opened, read, some, write } from './journal-play.ts'
import { intentOf, knownErrorOf, withDirectory } from './support.ts'

describe('appending', () => {
  it('tells at once where a line will stand, and resolves when it stands there', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      for (const event of some) {
        const { position, durable } = journal.append(event)
        if (position === null) throw new Error('no place')
        await durable
        const bytes = await readFile(path)
        const line = bytes.subarray(position.offset, position.offset + position.length).toString('utf8')
        expect(JSON.parse(line)).toMatchObject(event)
        expect(bytes.length).toBe(position.offset + position.length + 1)
      }
      await journal.close()
    })
  })

  it('keeps the order of many at once, and none resolves before all that came before it', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const resolved: number[] = []
      const waits = [journal.append(opened).durable]
      for (let i = 1; i <= 500; i++) {
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
        if (i % 3 === 0) journal.note(intentOf(i))
        else
          waits.push(
            journal.append(intentOf(i)).durable.then(() => {
              resolved.push(i)
            }),
          )
      }
      await Promise.all(waits)
      await journal.close()
      expect(resolved).toEqual([...resolved].sort((a, b) => a - b))
      const { events } = await read(path)
      expect(events.map((event) => ('row' in event ? event.row : 0))).toEqual(
        Array.from({ length: 501 }, (_, i) => i),
      )
    })
  })

  it('resolves only after a sync, which all that came before its start share', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      // What is synced when it is opened is not meant.
      const handle = await open(path)
      const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync')
      await handle.close()
      const releases: (() => void)[] = []
      const begun: (() => void)[] = []
      datasync.mockImplementation(() => {
        begun.shift()?.()
        return new Promise((resolve) => releases.push(resolve))
      })
      const nextSync = (): Promise<void> => new Promise((resolve) => begun.push(resolve))
      try {
        const resolved: string[] = []
        const append = (name: string, event: JournalEvent): void => {
          void journal.append(event).durable.then(() => resolved.push(name))
        }
        const first = nextSync()
        append('a', opened)
        append('b', intentOf(1))
        await first
        const second = nextSync()
        for (const name of ['c', 'd', 'e']) append(name, intentOf(2))
        await new Promise((resolve) => setTimeout(resolve, 20))
        expect(resolved).toEqual([])
        expect(datasync).toHaveBeenCalledTimes(1)
        releases.shift()?.()
        await second
        expect(resolved).toEqual(['a', 'b'])
        releases.shift()?.()
        await journal.close()
        expect(resolved).toEqual(['a', 'b', 'c', 'd', 'e'])
        expect(datasync).toHaveBeenCalledTimes(2)
      } finally {
        datasync.mockRestore()
      }
    })
  })

  it('takes nothing more once it is closed, also from whoever has waited for its last line', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const late: ReturnType<Journal['append']>[] = []
      const event = { event: 'limit', bucket: '/api/v1', limit: 600 } as const
      journal.note({ event: 'journal', version: 2, run: 'r' })
      const { durable } = journal.append(event)
      const straggler = async (turns: number): Promise<void> => {
        await durable
        for (let turn = 0; turn < turns; turn++) await null
        const appended = journal.append(event)
        late.push(appended)
        await appended.durable.catch(() => {})
      }
      const stragglers = Array.from({ length: 12 }, (_, turns) => straggler(turns))
      await journal.close()
      await Promise.all(stragglers)
      const taken = late.filter(({ position }) => position !== null)
      expect((await read(path)).events).toHaveLength(2 + taken.length)
      const last = journal.append(event)
      expect(last.position).toBeNull()
      await expect(last.durable).rejects.toThrow(JournalFailed)
    })
  })

  it('writes all that was noted before it closes', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      for (const event of some) journal.note(event)
      await journal.close()
      expect((await read(path)).events).toEqual(some)
    })
  })

  it('goes on after what is there, with the same chain', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      for (let cut = 1; cut < some.length; cut++) {
        await write(path, some.slice(0, cut))
        const journal = await Journal.open(path, (await read(path)).end)
        await Promise.all(some.slice(cut).map((event) => journal.append(event).durable))
        await journal.close()
        expect((await read(path)).events).toEqual(some)
      }
    })
  })

  it('cuts a torn tail off first', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const whole = await write(path, some.slice(0, 4))
      // Up to the end of a sector, and the rest of the lines after it.
      const hole = '\u0000'.repeat(512 - (whole.length % 512))
      for (const tail of ['{"event":"result","ro', '\u0000'.repeat(4_096), `${hole}ult"}\n{"ev`]) {
        await write(path, some.slice(0, 4))
        await appendFile(path, tail)
        const { events, end } = await read(path)
        expect(events).toEqual(some.slice(0, 4))
        expect(end.soundBytes).toBe(whole.length)
        expect(end.tornBytes).toBe(Buffer.byteLength(tail))
        const journal = await Journal.open(path, end)
        expect((await stat(path)).size).toBe(whole.length)
        await Promise.all(some.slice(4).map((event) => journal.append(event).durable))
        await journal.close()
        expect((await read(path)).events).toEqual(some)
      }
    })
  })
})

describe('a journal that cannot be written', () => {
  it('says so to all who wait, then and from then on, and never resolves for what is not on disk', async () => {
    await withDirectory(async (directory) => {
      // A real file system that is full.
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, emptyJournal)
      const waits = [journal.append(opened).durable, journal.append(intentOf(1)).durable]
      for (const result of await Promise.allSettled(waits)) {
        expect(result.status).toBe('rejected')
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(JournalFailed)
      }
      journal.note(intentOf(2))
      const late = journal.append(intentOf(3))
      // It will never stand anywhere.
      expect(late.position).toBeNull()
      const error = await knownErrorOf(() => late.durable)
      expect(error).toBeInstanceOf(JournalFailed)
      expect(error.message).toContain('disk is full')
      expect(error.message).toContain(path)
      expect(error.next).toBe('Make room on the disk, then resume the run.')
      expect(error.exitCode).toBe(exitCodes.stoppedByGuard)
      await journal.close()
    })
  })

  it('rejects those who come while the failing write is under way', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, emptyJournal)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, async (_, i) => {
          for (let turns = 0; turns < i; turns++) await new Promise((resolve) => setImmediate(resolve))
          await journal.append(intentOf(i + 1)).durable
        }),
      )
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
      await journal.close()
    })
  })
})

describe('a journal that another process writes to as well', () => {
  class LosableFence implements Fence {
    valid = true
    async ensure(): Promise<void> {}
    lose(): void {
      this.valid = false
    }
  }

  it('is left to the process that wrote first, and stays whole', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await write(path, some.slice(0, 2))
      const { end } = await read(path)
      const fence = new LosableFence()
      const late = await Journal.open(path, end, fence)
      const early = await Journal.open(path, end)
      await Promise.all(some.slice(2, 4).map((event) => early.append(event).durable))

      const error = await knownErrorOf(() => late.append(intentOf(7)).durable)
      expect(error).toBeInstanceOf(HoldLost)
      expect(error.message).toContain(path)
      expect(error.exitCode).toBe(exitCodes.heldElsewhere)
      expect(fence.valid).toBe(false)
      await late.close()

      await Promise.all(some.slice(4).map((event) => early.append(event).durable))
      await early.close()
      expect((await read(path)).events).toEqual(some)
    })
  })

  it('keeps a line that another process had only begun when it was read', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const whole = await write(path, some)
      await writeFile(path, whole.subarray(0, whole.length - 10))
      const { end } = await read(path)
      expect(end.tornBytes).toBeGreaterThan(0)
      await writeFile(path, whole)
      const fence = new LosableFence()
      await expect(Journal.open(path, end, fence)).rejects.toBeInstanceOf(HoldLost)
      expect(fence.valid).toBe(false)
      expect(await readFile(path)).toEqual(whole)
    })
  })
})
