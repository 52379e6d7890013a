import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal, type Position } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { ResultReader } from '../../src/journal/result-reader.ts'
import { exitCodes, KnownError } from '../../src/messages/known-error.ts'
import { intentOf, resultOf, withDirectory } from './support.ts'

/** Appends to a journal that works. */
function append(journal: Journal, event: JournalEvent): { position: Position; durable: Promise<void> } {
  const { position, durable } = journal.append(event)
  if (position === null) throw new Error('no place')
  return { position, durable }
}

describe('reading results back', () => {
  it('gives each as it was recorded, in whatever order they are asked for', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const reader = await ResultReader.open(path)
      const positions: Position[] = []
      const messageOf = (row: number): string => 'grüße\n"😀" '.repeat(row % 400)
      for (let row = 0; row < 600; row++) {
        journal.note(intentOf(row))
        const { position, durable } = append(journal, {
          event: 'result',
          ...resultOf(row, { message: messageOf(row) }),
        })
        positions.push(position)
        if (row % 100 === 99) await durable
      }
      await journal.close()
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(599), { maxLength: 30 }), async (rows) => {
          for (const row of rows) {
            const position = positions[row]
            if (position === undefined) throw new Error('no position')
            expect(await reader.read(position)).toEqual(resultOf(row, { message: messageOf(row) }))
          }
        }),
        { numRuns: 60 },
      )
      await reader.close()
    })
  })

  it('sees what was appended after it was opened and after it has read', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const reader = await ResultReader.open(path)
      for (let row = 1; row <= 5; row++) {
        const { position, durable } = append(journal, { event: 'result', ...resultOf(row) })
        await durable
        expect(await reader.read(position)).toEqual(resultOf(row))
      }
      await reader.close()
      await journal.close()
    })
  })

  it('does not take another line for a result', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const { position, durable } = append(journal, intentOf(1))
      await durable
      await appendFile(path, 'x')
      const reader = await ResultReader.open(path)
      await expect(reader.read(position)).rejects.toThrow('byte 0')
      await reader.close()
      await journal.close()
    })
  })

  it('notices that something else has written over a result since', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const { position, durable } = append(journal, { event: 'result', ...resultOf(1) })
      await durable
      await journal.close()
      const written = await readFile(path)
      await fc.assert(
        fc.asyncProperty(
          fc.nat(position.length - 1),
          fc.integer({ min: 1, max: 255 }),
          async (at, change) => {
            const changed = Buffer.from(written)
            changed[position.offset + at] = (written[position.offset + at] ?? 0) ^ change
            await writeFile(path, changed)
            const reader = await ResultReader.open(path)
            await expect(reader.read(position)).rejects.toMatchObject({
              message: expect.stringContaining(`damaged at byte ${position.offset}:`),
              next: expect.stringContaining('--take-sound-part'),
              exitCode: exitCodes.stoppedByGuard,
            })
            await reader.close()
          },
        ),
        { numRuns: 100 },
      )
      await writeFile(path, written.subarray(0, -9))
      const reader = await ResultReader.open(path)
      await expect(reader.read(position)).rejects.toThrow(KnownError)
      await reader.close()
    })
  })
})
