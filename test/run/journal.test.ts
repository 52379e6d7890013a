import {
  appendFile,
  type FileHandle,
  open,
  readFile,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Journal, JournalFailed } from '../../src/run/journal.ts'
import type { JournalEvent } from '../../src/run/journal-event.ts'
import { chainStart, decodeLine, encodeLine } from '../../src/run/journal-line.ts'
import { readJournal } from '../../src/run/journal-reader.ts'
import { anyEvent } from './events.ts'
import { intentOf, knownErrorOf, resultOf, withDirectory } from './support.ts'

const opened: JournalEvent = { event: 'journal', version: 1, run: '20260302T100000000Z-leavers' }
const nothing = { soundBytes: 0, chain: chainStart, tornBytes: 0 }

const some: readonly JournalEvent[] = [
  opened,
  { event: 'sitting', at: '2026-03-02T10:00:00.000Z' },
  intentOf(1),
  intentOf(2, 1, { login: 'grüße😀@example.com' }),
  { event: 'result', ...resultOf(1) },
  { event: 'not_applied', row: 2, step: 1, attempt: 1, why: 'Okta answered 429' },
  intentOf(2, 2),
  { event: 'result', ...resultOf(2, { message: 'two\nlines "quoted"' }) },
]

/** Writes a journal as the program does. */
async function write(path: string, events: readonly JournalEvent[]): Promise<Buffer> {
  await writeFile(path, '')
  const journal = await Journal.open(path, nothing)
  await Promise.all(events.map((event) => journal.append(event).durable))
  await journal.close()
  return await readFile(path)
}

async function read(path: string) {
  const events: JournalEvent[] = []
  const end = await readJournal(path, ({ event }) => events.push(event))
  return { events, end }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start) + 1
    lines.push(bytes.subarray(start, end === 0 ? bytes.length : end))
    start = end === 0 ? bytes.length : end
  }
  return lines
}

function offsetOf(lines: readonly Buffer[], index: number): number {
  return lines.slice(0, index).reduce((sum, line) => sum + line.length, 0)
}

describe('a journal line', () => {
  it('reads back as it was written, after the line before it and after no other', () => {
    fc.assert(
      fc.property(anyEvent, anyEvent, (first, second) => {
        const one = encodeLine(first, chainStart)
        const two = encodeLine(second, one.chain)
        expect(one.line).not.toContain('\n')
        expect(decodeLine(one.line, chainStart)).toEqual({ kind: 'sound', event: first, chain: one.chain })
        expect(decodeLine(two.line, one.chain)).toEqual({ kind: 'sound', event: second, chain: two.chain })
        expect(decodeLine(two.line, chainStart).kind).toBe('misplaced')
      }),
    )
  })

  it('is damaged whatever else it is', () => {
    for (const line of ['', '{}', 'null', ' ', '\u0000\u0000\u0000', '{"event":"journal","version":1}'])
      expect(decodeLine(line, chainStart).kind).toBe('damaged')
    fc.assert(fc.property(fc.string(), (line) => decodeLine(line, chainStart).kind === 'damaged'))
  })
})

describe('appending', () => {
  it('tells at once where a line will stand, and resolves when it stands there', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, nothing)
      const positions = []
      for (const event of some) {
        const { position, durable } = journal.append(event)
        positions.push(position)
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
      const journal = await Journal.open(path, nothing)
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
        const journal = await Journal.open(path, nothing)
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

  it('writes all that was noted before it closes', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, nothing)
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
      for (const tail of ['{"event":"result","ro', '\u0000'.repeat(4_096), 'x\ny\n', `\u0000\n\u0000`]) {
        const whole = await write(path, some.slice(0, 4))
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
      const journal = await Journal.open(path, nothing)
      const waits = [journal.append(opened).durable, journal.append(intentOf(1)).durable]
      for (const result of await Promise.allSettled(waits)) {
        expect(result.status).toBe('rejected')
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(JournalFailed)
      }
      journal.note(intentOf(2))
      const error = await knownErrorOf(() => journal.append(intentOf(3)).durable)
      expect(error).toBeInstanceOf(JournalFailed)
      expect(error.message).toContain('disk is full')
      expect(error.message).toContain(path)
      expect(error.next).toContain('okta-lifecycle resume')
      await journal.close()
    })
  })

  it('rejects those who come while the failing write is under way', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, nothing)
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

describe('reading', () => {
  it('gives, of every byte prefix, the events whose lines are whole', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const bytes = await write(path, some)
      for (let length = bytes.length; length >= 0; length--) {
        await truncate(path, length)
        const { events, end } = await read(path)
        const whole = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length
        expect(events).toEqual(some.slice(0, whole))
        expect(end.soundBytes + end.tornBytes).toBe(length)
      }
    })
  })

  it('gives, of any prefix of any journal with anything torn after it, a prefix of its events', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const tail = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(512)))
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyEvent, { maxLength: 12 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          tail,
          async (events, part, torn) => {
            const bytes = await write(path, [opened, ...events])
            await writeFile(path, Buffer.concat([bytes.subarray(0, Math.floor(bytes.length * part)), torn]))
            const { events: found } = await read(path)
            expect([opened, ...events].slice(0, found.length)).toEqual(found)
          },
        ),
        { numRuns: 60 },
      )
    })
  })

  it('names the byte offset where one byte is not as it was written', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const bytes = await write(path, some)
      const lines = linesOf(bytes)
      // Changing the last line, or the line feed before it, leaves what a crash may leave too: a tail, cut off.
      const certain = offsetOf(lines, lines.length - 1) - 1
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: certain - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (at, change) => {
            const altered = Buffer.from(bytes)
            altered[at] = (altered[at] ?? 0) ^ change
            await writeFile(path, altered)
            const error = await knownErrorOf(() => read(path))
            const index = lines.findIndex((_, i) => at < offsetOf(lines, i + 1))
            const message = error.message
            expect(message).toContain(path)
            // A line feed that became something else joins two lines: the first of them is named. A byte that became
            // one splits the line, whose beginning is named.
            expect(message).toMatch(new RegExp(`at byte ${offsetOf(lines, index)}:`))
          },
        ),
        { numRuns: 300 },
      )
    })
  })

  it('names the byte offset where a line is missing, doubled, added or moved', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const lines = linesOf(await write(path, some))
      const expectDamageAt = async (altered: readonly Buffer[], index: number): Promise<void> => {
        await writeFile(path, Buffer.concat(altered))
        const error = await knownErrorOf(() => read(path))
        expect(error.message).toContain(`at byte ${offsetOf(altered, index)}:`)
      }
      for (let i = 0; i < lines.length; i++) {
        const line = lines[i] ?? Buffer.alloc(0)
        if (i < lines.length - 1) await expectDamageAt(lines.toSpliced(i, 1), i)
        await expectDamageAt(lines.toSpliced(i, 0, line), i + 1)
        for (let j = i + 1; j < lines.length; j++) {
          const swapped = lines.with(i, lines[j] ?? line).with(j, line)
          await expectDamageAt(swapped, i)
        }
      }
      const forged = Buffer.from(`${encodeLine(intentOf(9), chainStart).line}\n`)
      await expectDamageAt(lines.toSpliced(4, 0, forged), 4)
    })
  })

  it('never skips damage in the middle, however many lines are damaged', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const lines = linesOf(await write(path, some))
      for (let from = 1; from < lines.length - 1; from++) {
        for (let to = from; to < lines.length - 1; to++) {
          const zeros = (line: Buffer): Buffer =>
            Buffer.concat([Buffer.alloc(line.length - 1), Buffer.from('\n')])
          const altered = lines.map((line, i) => (i >= from && i <= to ? zeros(line) : line))
          await writeFile(path, Buffer.concat(altered))
          const error = await knownErrorOf(() => read(path))
          expect(error.message).toContain(`at byte ${offsetOf(lines, from)}`)
        }
      }
    })
  })

  it('refuses a version that it does not know, and a file that is no journal', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await write(path, [{ ...opened, version: 2 } as JournalEvent])
      expect((await knownErrorOf(() => read(path))).message).toContain('version 2')
      await write(path, [intentOf(1)])
      expect((await knownErrorOf(() => read(path))).message).toContain('version')
    })
  })

  it('reads lines longer than the blocks that it reads, and lines across their borders', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      const long = 'ü'.repeat(700_000)
      const events: JournalEvent[] = [
        opened,
        { event: 'result', ...resultOf(1, { message: long }) },
        { event: 'result', ...resultOf(2, { message: long }) },
        { event: 'result', ...resultOf(3) },
      ]
      await write(path, events)
      expect((await stat(path)).size).toBeGreaterThan(2 * 1024 * 1024)
      expect((await read(path)).events).toEqual(events)
    })
  })
})
