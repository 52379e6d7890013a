import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exists } from '../files/exists.ts'
import { checkJournal } from '../journal/journal-reader.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { type ListedRun, listRuns } from './list-runs.ts'
import { hasBegun, journalPath } from './run-directory.ts'
import type { RunFile } from './run-file.ts'

/** The run that another one retries or takes back. */
type Origin = Pick<RunFile, 'retry_of' | 'undo_of'>

/**
 * Makes sure that no run beside this one goes on from it without its knowledge. A run is told before another one goes on
 * from it, so one that was not told is an older copy: what the other run has done since would be done again.
 *
 * @throws Refusal when there is such a run, or when it can't be found out whether there is one
 */
export async function checkNoNextRun(directory: string, run: Pick<RunFile, 'run_id'>): Promise<void> {
  const { run_id: runId } = run
  for (const beside of await runsBeside(directory)) {
    const origin = await originOf(beside, runId)
    if (origin?.retry_of !== runId && origin?.undo_of !== runId) continue
    const next = beside.look.kind === 'run' ? beside.look.run.run_id : beside.name
    throw new Refusal(
      `${directory} is an older copy of run ${runId}, from before run ${next} went on from it. Nothing was sent.`,
      commandFor('resume', { ...runNameOf(directory), runId: next }),
    )
  }
}

/** The runs beside a directory. Where it is a link, they may lie beside the link, or beside what it leads to. */
async function runsBeside(directory: string): Promise<readonly ListedRun[]> {
  const places = new Set([await realpath(dirname(directory)), dirname(await realpath(directory))])
  return (await Promise.all([...places].map(listRuns))).flat()
}

/**
 * The run that a listed one goes on from, by its `run.json` or else by its journal; null if nothing shows that it has ever
 * begun.
 *
 * @throws Refusal when neither can be read
 */
async function originOf({ name, directory, look }: ListedRun, runId: string): Promise<Origin | null> {
  if (look.kind === 'run') return look.run
  const origin = await originByJournal(directory).catch(() => 'unknown' as const)
  if (origin !== 'unknown') return origin
  throw new Refusal(
    `Run ${name} may have gone on from run ${runId}, and that can't be found out: ${look.why} Nothing was sent.`,
    `Restore run.json in ${directory} from a backup. If run ${name} has nothing to do with run ${runId}, move ${directory} somewhere else`,
  )
}

/** The same by the journal alone. `unknown` if its sound part has no execution. */
async function originByJournal(directory: string): Promise<Origin | 'unknown' | null> {
  // Its reports outlive its journal.
  if (!(await hasBegun(directory)) && !(await exists(join(directory, 'summary.json')))) return null
  let origin: Origin | 'unknown' = 'unknown'
  await checkJournal(journalPath(directory), { run: null, head: null }, ({ event }) => {
    if (event.event !== 'execution' || event.begun === undefined) return
    const { retry_of: retried, undo_of: undone } = event.begun
    origin = { retry_of: retried ?? undefined, undo_of: undone ?? undefined }
  })
  return origin
}
