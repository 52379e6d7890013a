import { readFile, writeFile } from 'node:fs/promises'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { intentOf, resultOf } from './support.ts'

/** The first line of a journal. */
export const opened: JournalEvent = { event: 'journal', version: 2, run: '20260302T100000000Z-leavers' }

/** A journal with each kind of line that matters here. */
export const some: readonly JournalEvent[] = [
  opened,
  { event: 'execution', at: '2026-03-02T10:00:00.000Z' },
  intentOf(1),
  intentOf(2, 1, { login: 'grüße😀@example.com' }),
  { event: 'result', ...resultOf(1) },
  { event: 'not_applied', row: 2, step: 1, attempt: 1, why: 'Okta answered 429' },
  intentOf(2, 2),
  { event: 'result', ...resultOf(2, { message: 'two\nlines "quoted"' }) },
]

/** Writes a journal as the program does. */
export async function write(path: string, events: readonly JournalEvent[]): Promise<Buffer> {
  await writeFile(path, '')
  const journal = await Journal.open(path, emptyJournal)
  // One after the other: each line then says that those before it are on disk.
  for (const event of events) await journal.append(event).durable
  await journal.close()
  return await readFile(path)
}

/** All that a journal holds, and its end. */
export async function read(path: string) {
  const events: JournalEvent[] = []
  const end = await readJournal(path, ({ event }) => events.push(event))
  return { events, end }
}
