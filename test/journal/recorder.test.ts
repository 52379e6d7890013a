import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Journal, JournalFailed } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { RunState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import { RunStopped } from '../../src/messages/stop.ts'
import { intentOf, resultOf, withDirectory } from './support.ts'

describe('the recorder', () => {
  it('tells of a result only when it is on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const told: number[] = []
      const state = new RunState(1)
      const recorder = new Recorder(journal, state, ({ row }) => told.push(row))
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      const recording = recorder.result(resultOf(1))
      expect(told).toEqual([])
      await recording
      expect(told).toEqual([1])
      await journal.close()
      const events: JournalEvent[] = []
      await readJournal(path, ({ event }) => events.push(event))
      expect(events.at(-1)).toEqual({ event: 'result', ...resultOf(1) })
    })
  })

  it('takes no further result of a row whose results were taken back', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const recorder = new Recorder(journal, new RunState(2), () => {})
      await recorder.result(resultOf(1, { result: 'failed' }))
      recorder.reopen([resultOf(1, { result: 'failed' })], 'credentials')
      await expect(recorder.result(resultOf(1, { step: 2 }))).rejects.toBeInstanceOf(RunStopped)
      expect(recorder.state.done).toBe(0)
      await journal.close()
    })
  })

  it('takes back what rests on refusals with the steps skipped for it, and what is just being recorded', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const recorder = new Recorder(journal, new RunState(2), () => {})
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      await recorder.result(resultOf(1))
      await recorder.result(resultOf(2, { result: 'failed' }))
      await recorder.result(resultOf(2, { step: 2, result: 'skipped', reason: 'earlier_step' }))
      const underWay = recorder.result(resultOf(3, { result: 'failed' }))
      const refused = [
        { row: 2, step: 1 },
        { row: 3, step: 1 },
        { row: 4, step: 1 },
      ]
      recorder.reopen(refused, 'credentials')
      await underWay
      await expect(recorder.result(resultOf(4, { result: 'failed' }))).rejects.toBeInstanceOf(RunStopped)
      await journal.close()

      const replayed = new RunState(2)
      await readJournal(path, ({ event, offset, length }) => replayed.apply(event, { offset, length }))
      for (const state of [recorder.state, replayed]) {
        expect(state.hasResult(1, 1)).toBe(true)
        expect([2, 3, 4].flatMap((row) => [state.hasResult(row, 1), state.hasResult(row, 2)])).not.toContain(
          true,
        )
        expect(state.done).toBe(1)
      }
    })
  })

  it('writes nothing where there is nothing to take back', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const recorder = new Recorder(journal, new RunState(1), () => {})
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      recorder.reopen([{ row: 1, step: 1 }], 'credentials')
      await journal.close()
      const events: JournalEvent[] = []
      await readJournal(path, ({ event }) => events.push(event))
      expect(events.map(({ event }) => event)).toEqual(['journal'])
    })
  })

  it('leaves no result in the state that is not on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, emptyJournal)
      const state = new RunState(1)
      const told: number[] = []
      const recorder = new Recorder(journal, state, ({ row }) => told.push(row))
      // The first is being written when it fails, the second comes after.
      for (const row of [1, 2]) {
        await expect(recorder.result(resultOf(row))).rejects.toBeInstanceOf(JournalFailed)
        expect(state.resultPosition(row, 1)).toBeNull()
      }
      recorder.note(intentOf(3))
      expect(state.underWay).toBe(0)
      expect(state.done).toBe(0)
      expect(told).toEqual([])
      await journal.close()
    })
  })
})
