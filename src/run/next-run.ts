import { realpath } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import * as z from 'zod'
import { readRegular } from '../files/read-regular.ts'
import { checkJournal } from '../journal/journal-reader.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import type { RunPlace } from './find-run.ts'
import { type ListedRun, listRuns } from './list-runs.ts'
import { journalPath } from './run-directory.ts'
import { type RunFile, runsBefore } from './run-file.ts'

/** The run that another one retries or takes back, and those before it. */
type Origin = Pick<RunFile, 'retry_of' | 'undo_of' | 'earlier_runs'>

/** What a person wants to do with a run. */
type Command = 'resume' | 'retry' | 'undo'

/**
 * Makes sure that no run beside this one goes on from it without its knowledge. A run is told before another one goes on
 * from it, so one that was not told is an older copy: what the other run has done since would be done again. A run in
 * between may be gone by now.
 *
 * @param command what a person wants to do with the run
 * @throws Refusal when there is such a run, or when it can't be found out whether there is one
 */
export async function checkNoNextRun(
  at: RunPlace,
  run: Pick<RunFile, 'run_id'>,
  command: Command,
): Promise<void> {
  const { run_id: runId } = run
  const { directory } = at
  const again = commandFor(command, runNameOf(directory))
  const unknown: ListedRun[] = []
  for (const place of await placesBeside(at)) {
    for (const beside of await listRuns(place)) {
      const origin = await originOf(beside)
      if (origin === null) unknown.push(beside)
      if (origin === null || !runsBefore(origin).includes(runId)) continue
      throw new Refusal(
        `${directory} is an older copy of run ${runId}, from before run ${beside.name} went on from it. Nothing was sent.`,
        adviceAt(beside, command, again),
      )
    }
  }
  const [first] = unknown
  if (first === undefined) return
  const { name, look } = first
  const why = look.kind === 'run' ? '' : look.why
  throw new Refusal(
    `Run ${name} may have gone on from run ${runId}, and that can't be found out: ${why} Nothing was sent.`,
    `${howToRestore(first)}. If run ${name} has nothing to do with run ${runId}, move ${first.directory} somewhere else`,
  )
}

/**
 * Makes sure that no run beside a new one names its id. If that run goes on from an earlier run with this id, which is gone,
 * the new one would be taken for an older copy of it. If that run was left to one with this id, the new one would be taken
 * for it.
 *
 * @throws Refusal when there is such a run
 */
export async function checkNewId(runsDirectory: string, runId: string): Promise<void> {
  for (const beside of await listRuns(runsDirectory)) {
    if (beside.look.kind === 'run' && beside.look.run.closed_by === runId)
      throw new Refusal(
        `Run ${beside.name} says that a run ${runId} goes on from it. A new run of the same name would be taken for that one.`,
        'Choose another --run-id, or leave it out.',
      )
    const origin = await originOf(beside)
    if (origin === null || !runsBefore(origin).includes(runId)) continue
    throw new Refusal(
      `There was a run ${runId} before, and run ${beside.name} goes on from it. A new run of the same name would be taken for an older copy of that one.`,
      'Choose another --run-id, or leave it out.',
    )
  }
}

/**
 * The directories in which the runs that go on from a run may be: the one above its own and, if it was found by a link,
 * the one above that.
 */
export async function placesBeside({ directory, link }: RunPlace): Promise<readonly string[]> {
  const places = [
    dirname(directory),
    dirname(await realpath(directory)),
    ...(link === null ? [] : [dirname(link)]),
  ]
  const byRealPath = new Map<string, string>()
  for (const place of places) {
    const real = await realpath(place)
    // The text of a path may lead elsewhere than the system goes.
    const isAsWritten = (await realpath(normalize(place)).catch(() => null)) === real
    if (!byRealPath.has(real)) byRealPath.set(real, isAsWritten ? place : real)
  }
  return [...byRealPath.values()]
}

/** An undo of an undo would do the run again, which nobody has asked for. What it could not take back is its retry's. */
const insteadOnUndo: Readonly<Record<Command, string>> = { resume: 'resume', undo: 'retry', retry: 'status' }

/**
 * What to type next about a run that goes on from another one.
 *
 * @param command what a person wants to do with the other run: once this one has ended, it is done with this one
 * @param again what that person has typed
 */
export function adviceAt(next: ListedRun, command: Command, again: string): string {
  if (next.look.kind !== 'run') return `${howToRestore(next)}, then: ${again}`
  const { state, undo_of: undone } = next.look.run
  const instead = undone === undefined ? command : insteadOnUndo[command]
  const todo = state === 'finished' || state === 'closed' ? instead : 'resume'
  return commandFor(todo, { runId: next.name, runsDirectory: dirname(next.directory) })
}

function howToRestore({ directory, look }: ListedRun): string {
  const restore = look.kind === 'unreadable' ? look.restore : null
  return restore ?? `Restore run.json in ${directory} from a backup`
}

/** The run that a listed one goes on from, by its `run.json` or else by its journal or its summary; null if none says. */
export async function originOf({ name, directory, look }: ListedRun): Promise<Origin | null> {
  // A run.json in another place than its own may have taken that of the run that was there.
  if (look.kind === 'run')
    return (look.run.run_id === name ? null : await originByJournal(directory)) ?? look.run
  return (await originByJournal(directory)) ?? (await originBySummary(directory))
}

/** Null if the sound part of its journal has no execution. */
async function originByJournal(directory: string): Promise<Origin | null> {
  let origin: Origin | null = null
  try {
    await checkJournal(journalPath(directory), { run: null, head: null }, ({ event }) => {
      if (event.event !== 'execution' || event.begun === undefined) return
      const { retry_of: retried, undo_of: undone, earlier_runs: earlier } = event.begun
      origin = {
        retry_of: retried ?? undefined,
        undo_of: undone ?? undefined,
        earlier_runs: earlier === undefined ? undefined : [...earlier],
      }
    })
  } catch {
    return null
  }
  return origin
}

/** What `summary.json` says of a run's origin. */
const originSchema = z.object({
  retry_of: z.string().nullable(),
  undo_of: z.string().nullable().default(null),
  earlier_runs: z.array(z.string()).optional(),
})

/** Null if its summary can't be read, or does not say. */
async function originBySummary(directory: string): Promise<Origin | null> {
  try {
    const summary: unknown = JSON.parse(await readRegular(join(directory, 'summary.json')))
    const { retry_of: retried, undo_of: undone, earlier_runs } = originSchema.parse(summary)
    return { retry_of: retried ?? undefined, undo_of: undone ?? undefined, earlier_runs }
  } catch {
    return null
  }
}
