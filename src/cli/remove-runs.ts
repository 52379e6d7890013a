import { isDeepStrictEqual } from 'node:util'
import { asCannotWrite } from '../files/cannot-write.ts'
import { exists } from '../files/exists.ts'
import { checkJournal } from '../journal/journal-reader.ts'
import { exitCodes, KnownError } from '../messages/known-error.ts'
import type { StopSwitch } from '../messages/stop.ts'
import { readRecordedHead } from '../report/summary.ts'
import type { ListedRun } from '../run/list-runs.ts'
import type { Prunable } from '../run/prune.ts'
import { findForeign, pruneRun } from '../run/prune-run.ts'
import { headOf, journalPath } from '../run/run-directory.ts'
import { readRunFile } from '../run/run-file.ts'
import { withRunLocks } from '../run/run-locks.ts'
import type { RunStore } from '../run/run-store.ts'
import { say } from './terminal/stop-hooks.ts'

/** A run in the runs directory, as it was when it was judged. */
export interface SeenRun extends ListedRun {
  readonly found: Prunable
}

/** What became of a run that was to be removed. `gone`: another process removed it. `why` is a clause. */
export type Removal =
  | { readonly kind: 'removed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'kept'; readonly why: string }

/** How long a process that holds a run is given to remove it: it checks the run's journal first. */
const removalMs = 15_000
const lookEveryMs = 200

/**
 * Removes runs that belong together, the oldest first, if every one of them may be removed. A process that dies in between
 * leaves the later ones: they show whether what is left, or is restored, of an earlier one is an older copy. Another
 * process may be removing the same ones.
 *
 * @param together oldest first
 * @returns what became of each run, by its name
 */
export async function removeTogether(
  together: readonly SeenRun[],
  stop: StopSwitch,
  store?: RunStore,
): Promise<ReadonlyMap<string, Removal>> {
  const why = await whyNotRemoved(together, stop, store)
  const ended = together.map(async ({ name, directory }): Promise<[string, Removal]> => {
    if (why === null) return [name, { kind: 'removed' }]
    return [name, (await exists(directory)) ? { kind: 'kept', why } : { kind: 'gone' }]
  })
  return new Map(await Promise.all(ended))
}

/** Removes runs, and returns in a clause why they could not be removed; null if they were. */
async function whyNotRemoved(
  together: readonly SeenRun[],
  stop: StopSwitch,
  store: RunStore | undefined,
): Promise<string | null> {
  if (stop.reason !== null) return `${stop.reason.message} first`
  const checkAll = async (left: readonly SeenRun[]): Promise<string | null> => {
    const [next, ...rest] = left
    if (next === undefined) {
      await store?.remove(together.map(({ directory }) => directory))
      for (const { directory } of together) await pruneRun(directory)
      return null
    }
    const watch = { onWatch: say, signal: stop.signal, store }
    return await withRunLocks(next.directory, null, watch, async () => {
      return (await whyNotNow(next)) ?? (await checkAll(rest))
    })
  }
  try {
    return await checkAll(together)
  } catch (error) {
    const refused = error instanceof KnownError ? error : asCannotWrite(error)
    if (refused?.exitCode === exitCodes.heldElsewhere) await untilGone(together, stop)
    // An error of any kind may be due to a directory that goes meanwhile.
    if (refused === null && (await exist(together))) throw error
    return refused?.message ?? 'another process is removing runs that belong to it'
  }
}

/** Waits until another process has removed the runs that it holds. Returns in any case after some time, or at a stop. */
async function untilGone(together: readonly SeenRun[], stop: StopSwitch): Promise<void> {
  const until = performance.now() + removalMs
  while (performance.now() < until && stop.reason === null && !(await areGone(together)))
    await stop.wait(lookEveryMs).catch(() => {})
}

async function areGone(together: readonly SeenRun[]): Promise<boolean> {
  return !(await presence(together)).includes(true)
}

/** Whether all of them are still there. */
async function exist(together: readonly SeenRun[]): Promise<boolean> {
  return !(await presence(together)).includes(false)
}

async function presence(together: readonly SeenRun[]): Promise<readonly boolean[]> {
  return await Promise.all(together.map(({ directory }) => exists(directory)))
}

/** Why a run that is held must stay after all, in a clause; null if it need not. */
async function whyNotNow({ name, directory, found }: SeenRun): Promise<string | null> {
  // Since it was judged, another process may have gone on with it or from it.
  const run = await readRunFile(directory)
  if (found.kind !== 'run' || !isDeepStrictEqual(run, found.run))
    return `another process has gone on with ${name}`
  const foreign = await findForeign(directory)
  if (foreign !== null) return foreign
  // A damaged journal is evidence of a change, and must not be removed with the run.
  const expected = { run: run.run_id, head: headOf(run, await readRecordedHead(directory)) }
  const { flaw } = await checkJournal(journalPath(directory), expected)
  return flaw === null ? null : `the journal of ${name} is damaged (verify-journal)`
}
