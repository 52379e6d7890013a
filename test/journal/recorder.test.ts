import { type FileHandle, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { Journal, JournalFailed } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import { intentOf, resultOf, withDirectory } from './support.ts'

async function eventsOf(path: string): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = []
  await readJournal(path, ({ event }) => events.push(event))
  return events
}

describe('the recorder', () => {
  it('tells of a result only when it is on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const heard: number[] = []
      const recorder = new Recorder(journal, new JournalState(1), ({ row }) => heard.push(row))
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      const recording = recorder.result(resultOf(1))
      expect(heard).toEqual([])
      await recording
      expect(heard).toEqual([1])
      await journal.close()
      expect((await eventsOf(path)).at(-1)).toEqual({ event: 'result', ...resultOf(1) })
    })
  })

  it('counts no result before it is on disk, so that none ever has to be taken back', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const handle = await open(path)
      const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync')
      await handle.close()
      let sync: () => void = () => {}
      // What is synced when it is opened is not meant.
      const journal = await Journal.open(path, emptyJournal)
      const begun = new Promise<void>((resolve) => {
        datasync.mockImplementationOnce(() => {
          resolve()
          return new Promise<void>((end) => {
            sync = end
          })
        })
      })
      try {
        const state = new JournalState(1)
        const recorder = new Recorder(journal, state, () => {})
        const recording = recorder.result(resultOf(1))
        await begun
        expect([state.done, state.counts.size, state.hasResult({ row: 1, step: 1 })]).toEqual([0, 0, false])
        sync()
        await recording
        expect([state.done, state.counts.get('succeeded')]).toEqual([1, 1])
        expect(state.resultPosition({ row: 1, step: 1 })).toMatchObject({ offset: 0 })
        await journal.close()
      } finally {
        datasync.mockRestore()
      }
    })
  })

  it('knows an intent from the moment that it is written, and resolves when it is on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const recorder = new Recorder(journal, new JournalState(1), () => {})
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      const recording = recorder.record(intentOf(1))
      expect(recorder.state.isUnderWay(1)).toBe(true)
      await recording
      expect((await eventsOf(path)).at(-1)).toEqual(intentOf(1))
      await journal.close()
    })
  })

  it('keeps the first result of a task where a second is recorded', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await writeFile(path, '')
      const journal = await Journal.open(path, emptyJournal)
      const recorder = new Recorder(journal, new JournalState(2), () => {})
      recorder.note({ event: 'journal', version: 2, run: 'r' })
      await recorder.result(resultOf(1, { result: 'failed' }))
      const position = recorder.state.resultPosition({ row: 1, step: 1 })
      await recorder.result(resultOf(1))
      await journal.close()
      const replayed = new JournalState(2)
      await readJournal(path, ({ event, offset, length }) => replayed.apply(event, { offset, length }))
      for (const state of [recorder.state, replayed]) {
        expect(state.resultPosition({ row: 1, step: 1 })).toEqual(position)
        expect(state.done).toBe(1)
        expect(Object.fromEntries(state.counts)).toEqual({ failed: 1 })
      }
    })
  })

  it('leaves no result in the state that is not on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, emptyJournal)
      const state = new JournalState(1)
      const heard: number[] = []
      const recorder = new Recorder(journal, state, ({ row }) => heard.push(row))
      // The first is being written when it fails, the second comes after.
      for (const row of [1, 2]) {
        await expect(recorder.result(resultOf(row))).rejects.toBeInstanceOf(JournalFailed)
        expect(state.resultPosition({ row, step: 1 })).toBeNull()
      }
      recorder.note(intentOf(3))
      expect(state.underWay.open).toBe(0)
      expect(state.done).toBe(0)
      expect(heard).toEqual([])
      await journal.close()
    })
  })

  it('leaves no answer in the state that is not on disk', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal.ndjson')
      await symlink('/dev/full', path)
      const journal = await Journal.open(path, emptyJournal)
      const state = new JournalState(1)
      state.apply(intentOf(1), { offset: 0, length: 0 })
      const recorder = new Recorder(journal, state, () => {})
      const { row, step, attempt } = intentOf(1)
      const said = { http_status: 200, error_code: null, request_id: null, message: '' }
      const answer = {
        event: 'answer',
        row,
        step,
        attempt,
        outcome: 'applied',
        okta_time: 0,
        ...said,
      } as const
      await expect(recorder.record(answer)).rejects.toBeInstanceOf(JournalFailed)
      expect(state.underWay).toMatchObject({ open: 1, applied: 0 })
      await journal.close()
    })
  })
})
