import { stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { chainStart, encodeLine } from '../../src/journal/journal-line.ts'
import { checkJournal } from '../../src/journal/journal-reader.ts'
import { anyEvent } from './events.ts'
import { opened, read, some, write } from './journal-play.ts'
import { intentOf, knownErrorOf, resultOf, withDirectory } from './support.ts'

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

describe('reading a journal', () => {
  it('gives, of every byte prefix, the events whose lines are whole', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      // Few and short: every prefix is a read of its own. One has more bytes than characters.
      const few: JournalEvent[] = [
        opened,
        { event: 'execution', at: '2026-03-02T10:00:00.000Z' },
        { event: 'not_applied', row: 2, step: 1, attempt: 1, why: 'grüße 😀' },
        { event: 'tally', requests: { reads: 1 }, retries: {}, worked_ms: 1 },
      ]
      const bytes = await write(path, few)
      for (let length = bytes.length; length >= 0; length--) {
        await truncate(path, length)
        const { events, end } = await read(path)
        const whole = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length
        expect(events).toEqual(few.slice(0, whole))
        expect(end.soundBytes + end.tornBytes).toBe(length)
      }
    })
  })

  it('gives, of any prefix of any journal with anything after it, a prefix of its events', async () => {
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
            const found: JournalEvent[] = []
            await checkJournal(path, { run: null, head: null }, ({ event }) => found.push(event))
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
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: bytes.length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          async (at, change) => {
            const altered = Buffer.from(bytes)
            altered[at] = (altered[at] ?? 0) ^ change
            // In place of the last line feed, a crash leaves a zero as well.
            fc.pre(at < bytes.length - 1 || altered[at] !== 0)
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
      const forged = encodeLine(intentOf(9), chainStart, 0).line
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
      await write(path, [{ ...opened, version: 1 } as JournalEvent])
      expect((await knownErrorOf(() => read(path))).message).toContain('version 1')
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
