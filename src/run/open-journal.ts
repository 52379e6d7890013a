import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Journal } from './journal.ts'
import { journalVersion } from './journal-event.ts'
import { chainStart } from './journal-line.ts'
import { readJournal } from './journal-reader.ts'
import { journalFileName, syncPath } from './run-directory.ts'
import type { RunFile } from './run-file.ts'
import { RunState } from './run-state.ts'

/** What a run's journal says so far. Changes nothing, so it may also be asked of a run that is at work. */
export async function replayJournal(
  directory: string,
  run: RunFile,
): Promise<{ state: RunState; end: Awaited<ReturnType<typeof readJournal>> }> {
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
  const empty = {
    state: new RunState(run.job.steps?.length ?? 1),
    end: { soundBytes: 0, chain: chainStart, tornBytes: 0 },
  }
  const { state, end } = size === 0 ? empty : await replayJournal(directory, run)
  const journal = await Journal.open(path, end)
  if (end.soundBytes === 0) {
    await journal.append({ event: 'journal', version: journalVersion, run: run.run_id }).durable
    // The file's name must be on disk as well as its content.
    await syncPath(directory)
  }
  return { journal, state }
}
