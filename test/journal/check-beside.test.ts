import { appendFile, open, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkBeside } from '../../src/journal/check-beside.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { checkJournal } from '../../src/journal/journal-reader.ts'
import { type JournalFile, replayJournal } from '../../src/journal/open-journal.ts'
import { opened, write } from './journal-play.ts'
import { intentOf, knownErrorOf, resultOf, withDirectory } from './support.ts'

const rows = 40
/** Few lines, each of about a MiB: long enough for a second thread. */
const large: readonly JournalEvent[] = [
  opened,
  ...Array.from({ length: rows }, (_, index): JournalEvent[] => [
    intentOf(index + 1),
    { event: 'result', ...resultOf(index + 1, { message: 'x'.repeat(1_000_000) }) },
  ]).flat(),
]

async function withLargeJournal(work: (file: JournalFile, bytes: Buffer) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, 'journal.ndjson')
    const bytes = await write(path, large)
    const { run: runId } = opened as Extract<JournalEvent, { event: 'journal' }>
    await work({ path, runId, stepsPerRow: 1, recorded: null }, bytes)
  })
}

/** Overwrites one byte. */
async function spoil(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write('#', at)
  await file.close()
}

const nothingExpected = { run: null, head: null }

describe.skipIf(availableParallelism() < 2)('a large journal is checked in a second thread', () => {
  it('with the verdict that this thread would come to, whatever is wrong', async () => {
    await withLargeJournal(async ({ path }, bytes) => {
      const alike = async (): Promise<void> => {
        const verdict = await checkBeside({ path, expected: nothingExpected })
        expect(verdict).not.toBeNull()
        expect(verdict).toEqual(await checkJournal(path, nothingExpected))
      }
      await alike()
      await appendFile(path, '{"event":"int')
      await alike()
      await spoil(path, bytes.length / 2)
      await alike()
    })
  })

  it('and its state is the same, sound or torn; a damaged one gives none', async () => {
    await withLargeJournal(async (file, bytes) => {
      const sound = await replayJournal(file)
      expect(sound.end.soundLines).toBe(large.length)
      expect(sound.state.done).toBe(rows)
      expect(sound.outcomes.of(rows)).toMatchObject([{ step: 1, result: 'succeeded' }])
      expect(sound.state.resultPosition({ row: rows, step: 1 })?.offset).toBeGreaterThan(39_000_000)

      // The result of the last row is torn: it must not count.
      await truncate(file.path, bytes.length - 500_000)
      const torn = await replayJournal(file)
      expect(torn.state.done).toBe(rows - 1)
      expect(torn.outcomes.of(rows)).toEqual([])
      expect(torn.state.isUnderWay(rows)).toBe(true)
      expect(torn.end).toMatchObject({ soundLines: large.length - 1 })
      expect(torn.end.soundBytes + torn.end.tornBytes).toBe((await stat(file.path)).size)

      // Altered in its last line, and in its middle.
      await writeFile(file.path, bytes)
      for (const at of [bytes.length - 500_000, bytes.length / 2]) {
        await spoil(file.path, at)
        expect((await knownErrorOf(() => replayJournal(file))).message).toContain('damaged at byte')
      }
    })
  })

  it('but not a short one, and not one that is gone', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await write(path, [opened, intentOf(1)])
      expect(checkBeside({ path, expected: nothingExpected })).toBeNull()
      await rm(path)
      expect(checkBeside({ path, expected: nothingExpected })).toBeNull()
    })
  })
})
