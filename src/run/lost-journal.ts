import { stat } from 'node:fs/promises'
import type { RecordedHead } from '../journal/journal-check.ts'
import { Refusal } from '../messages/known-error.ts'
import { journalPath } from './run-directory.ts'
import type { RunFile } from './run-file.ts'

type Begun = Pick<RunFile, 'state' | 'closed_from' | 'carried_over' | 'journal_begun'>

/**
 * Whether a run must have a journal. A retry begins with one, and any other run gets one before it leaves the state
 * `new`.
 */
function mustHaveJournal({ state, closed_from: from, carried_over: carried }: Begun): boolean {
  if (carried !== undefined) return true
  // Older runs don't say in which state they were closed.
  return state === 'closed' ? from !== undefined && from !== 'new' : state !== 'new'
}

/**
 * How a run's journal was lost: its file is missing or empty. Null if it was not lost.
 *
 * @param recorded how far the journal was by what stands beside it. If that is known, or how far it was when an execution
 *   began, an empty file counts as a journal whose end is gone; its reader reports that, with how to go on
 */
export async function lossOfJournal(
  directory: string,
  run: Begun,
  recorded: RecordedHead | null,
): Promise<'missing' | 'empty' | null> {
  const knownBytes = Math.max(recorded?.bytes ?? 0, run.journal_begun?.bytes ?? 0)
  // Where something says how far it was, there was one, whatever an older run.json says.
  if (!mustHaveJournal(run) && knownBytes === 0) return null
  try {
    const { size } = await stat(journalPath(directory))
    return size === 0 && knownBytes === 0 ? 'empty' : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing'
    // The code that opens it will say why it can't be read.
    return null
  }
}

/**
 * Makes sure that a run has not lost its journal. Otherwise it would be taken for one that has sent nothing yet, and
 * everything would be done twice.
 *
 * @param recorded as for {@link lossOfJournal}
 * @throws Refusal if it has
 */
export async function checkJournalKept(
  directory: string,
  run: Begun & Pick<RunFile, 'run_id'>,
  recorded: RecordedHead | null,
): Promise<void> {
  const loss = await lossOfJournal(directory, run, recorded)
  if (loss === null) return
  throw new Refusal(
    `The journal of run ${run.run_id} is ${loss} (${journalPath(directory)}), though the run had begun. Without it nobody knows what was done.`,
    'Restore journal.ndjson from the newest copy of the run directory. If there is none, find out in Okta who is not done yet, and run those users as a new input.',
  )
}
