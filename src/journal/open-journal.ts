import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { journalFileName, syncPath } from '../run/run-directory.ts'
import type { RunFile } from '../run/run-file.ts'
import { Journal } from './journal.ts'
import { emptyJournal, type JournalEnd, type JournalHead } from './journal-check.ts'
import { journalVersion } from './journal-event.ts'
import { readJournal } from './journal-reader.ts'
import { RunState } from './journal-state.ts'

/**
 * What a run's journal says so far. Changes nothing, so it may also be asked of a run that is at work.
 *
 * @param recorded where it stood at the last stop; null where that is not known
 * @throws KnownError where it is damaged, of another run, or ends before what was recorded
 */
export async function replayJournal(
  directory: string,
  run: RunFile,
  recorded: JournalHead | null,
): Promise<{ state: RunState; end: JournalEnd }> {
  const state = new RunState(run.job.steps?.length ?? 1)
  const end = await readJournal(
    join(directory, journalFileName),
    ({ event, offset, length }) => {
      state.apply(event, { offset, length })
    },
    { run: run.run_id, head: recorded },
  )
  return { state, end }
}

/**
 * Opens a run's journal for an execution: begins it where there is none, else goes on after its last sound line.
 *
 * @param recorded where it stood at the last stop; null where that is not known
 * @throws KnownError as {@link replayJournal} does, then no line was changed; JournalFailed where it can't be written
 */
export async function openJournal(
  directory: string,
  run: RunFile,
  recorded: JournalHead | null,
): Promise<{ journal: Journal; state: RunState }> {
  const path = join(directory, journalFileName)
  const file = await open(path, 'a', 0o600)
  const { size } = await file.stat()
  await file.close()
  const empty = { state: new RunState(run.job.steps?.length ?? 1), end: emptyJournal }
  const { state, end } =
    size === 0 && recorded === null ? empty : await replayJournal(directory, run, recorded)
  const journal = await Journal.open(path, end)
  if (end.soundBytes === 0) await begin(directory, journal, run.run_id)
  return { journal, state }
}

/** Begins the journal of a new run, which must have none. */
export async function createJournal(directory: string, runId: string): Promise<Journal> {
  const path = join(directory, journalFileName)
  const file = await open(path, 'wx', 0o600)
  await file.close()
  const journal = await Journal.open(path, emptyJournal)
  await begin(directory, journal, runId)
  return journal
}

async function begin(directory: string, journal: Journal, runId: string): Promise<void> {
  await journal.append({ event: 'journal', version: journalVersion, run: runId }).durable
  // The file's name must be on disk as well as its content.
  await syncPath(directory)
}
