import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import { SentRecently } from '../../src/journal/sent-recently.ts'
import { journalPath } from '../../src/run/run-directory.ts'
import { type RunFile, writeRunFile } from '../../src/run/run-file.ts'
import { addSentBeforeRun, addSentByRuns } from '../../src/run/sent-by-runs.ts'
import { plainRun } from '../engine/plain-run.ts'
import { withDirectory } from '../journal/support.ts'

const bucket = '/api/v1/users'
const begun = Date.parse(plainRun().created_at)

describe('what the runs before a run have sent', () => {
  it('counts, over a chain of retries', async () => {
    await withDirectory(async (runs) => {
      await makeRun(runs, 'first', { sent: 3 })
      await makeRun(runs, 'second', { sent: 2, retry_of: 'first' })
      const last = await makeRun(runs, 'third', { sent: 4, retry_of: 'second' })
      const sent = new SentRecently()
      await addSentBeforeRun(sent, last)
      expect([sent.times(bucket).length, sent.isUnknown]).toEqual([5, false])
      const all = new SentRecently()
      await addSentByRuns(all, { ...last, recorded: null })
      expect([all.times(bucket).length, all.isUnknown]).toEqual([9, false])
    })
  })

  it.each([
    { lost: 'journal', isUnknown: true },
    { lost: 'directory', isUnknown: true },
    { lost: 'nothing', isUnknown: false },
  ])('is not known as a whole where the $lost of one of them is lost', async ({ lost, isUnknown }) => {
    await withDirectory(async (runs) => {
      const { directory } = await makeRun(runs, 'first', { sent: 3 })
      if (lost === 'journal') await rm(journalPath(directory))
      if (lost === 'directory') await rm(directory, { recursive: true })
      const last = await makeRun(runs, 'second', { sent: 1, retry_of: 'first' })
      const sent = new SentRecently()
      await addSentBeforeRun(sent, last)
      expect([sent.times(bucket).length, sent.isUnknown]).toEqual([isUnknown ? 0 : 3, isUnknown])
    })
  })

  it('counts over a run that has sent nothing, and so has no journal', async () => {
    await withDirectory(async (runs) => {
      await makeRun(runs, 'first', { sent: 3 })
      await makeRun(runs, 'second', { sent: null, retry_of: 'first', state: 'new' })
      const last = await makeRun(runs, 'third', { sent: 1, retry_of: 'second' })
      const sent = new SentRecently()
      await addSentBeforeRun(sent, last)
      expect([sent.times(bucket).length, sent.isUnknown]).toEqual([3, false])
    })
  })

  it('is not known as a whole where a part of a journal is lost', async () => {
    await withDirectory(async (runs) => {
      await makeRun(runs, 'first', { sent: 3, isCut: true })
      const last = await makeRun(runs, 'second', { sent: 1, retry_of: 'first' })
      const sent = new SentRecently()
      await addSentBeforeRun(sent, last)
      expect([sent.times(bucket).length, sent.isUnknown]).toEqual([3, true])
    })
  })
})

interface Made extends Partial<Pick<RunFile, 'retry_of' | 'state'>> {
  /** Requests in its journal; null for a run without one. */
  readonly sent: number | null
  readonly isCut?: boolean
}

/** Makes a run with a journal in a runs directory. */
async function makeRun(
  runs: string,
  id: string,
  { sent, isCut = false, ...more }: Made,
): Promise<{ directory: string; run: RunFile }> {
  const directory = join(runs, id)
  await mkdir(directory)
  const run = { ...plainRun(), run_id: id, ...more }
  await writeRunFile(directory, run)
  if (sent !== null) {
    await writeFile(journalPath(directory), '')
    const journal = await Journal.open(journalPath(directory), emptyJournal)
    journal.note({ event: 'journal', version: 2, run: id })
    journal.note({ event: 'permits', bucket, count: sent, okta_time: begun })
    if (isCut) journal.note({ event: 'cut', okta_time: begun, lost_bytes: 10 })
    await journal.close()
  }
  return { directory, run }
}
