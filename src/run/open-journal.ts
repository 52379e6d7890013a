import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Journal } from './journal.ts'
import { journalVersion } from './journal-event.ts'
import { chainStart } from './journal-line.ts'
import { type JournalEnd, readJournal } from './journal-reader.ts'
import { journalFileName, syncPath } from './run-directory.ts'
import type { RunFile } from './run-file.ts'
import { RunState } from './run-state.ts'

const noEnd: JournalEnd = { soundBytes: 0, chain: chainStart, tornBytes: 0 }

/** What a run's journal says so far. Changes nothing, so it may also be asked of a run that is at work. */
export async function replayJournal(
  directory: string,
  run: RunFile,
): Promise<{ state: RunState; end: JournalEnd }> {
  const state = new RunState(run.job.steps?.length ?? 1)
  const end = await readJournal(join(directory, journalFileName), ({ event, offset, length }) => {
    state.apply(event, { offset, length })
  })
  return { state, end }
}

/** Opens a run's journal for a sitting: begins it where there is none, else goes on after its last sound line. */
export async function openJournal(
  directory: string,
  run: RunFile,
): Promise<{ journal: Journal; state: RunState }> {
  const path = join(directory, journalFileName)
  const file = await open(path, 'a', 0o600)
  const { size } = await file.stat()
  await file.close()
  const nothing = { state: new RunState(run.job.steps?.length ?? 1), end: noEnd }
  const { state, end } = size === 0 ? nothing : await replayJournal(directory, run)
  const journal = await Journal.open(path, end)
  if (end.soundBytes === 0) await begin(directory, journal, run.run_id)
  return { journal, state }
}

/** Begins the journal of a new run, which must have none. */
export async function createJournal(directory: string, runId: string): Promise<Journal> {
  const path = join(directory, journalFileName)
  const file = await open(path, 'wx', 0o600)
  await file.close()
  const journal = await Journal.open(path, noEnd)
  await begin(directory, journal, runId)
  return journal
}

async function begin(directory: string, journal: Journal, runId: string): Promise<void> {
  await journal.append({ event: 'journal', version: journalVersion, run: runId }).durable
  // The file's name must be on disk as well as its content.
  await syncPath(directory)
}
