import { type HoldReport, reportHold } from '../files/hold/observe.ts'
import { runNameOf } from '../messages/commands.ts'
import type { RunFile } from '../run/run-file.ts'
import type { StoreHoldReport } from '../run/run-store.ts'
import type { StoreOfRuns } from '../store/store-of-runs.ts'
import type { Tables } from '../store/tables.ts'
import { say } from './terminal/stop-hooks.ts'

/** What a handler gets besides its own arguments if the runs are kept in a store. */
export interface StoreArguments {
  readonly runStore?: StoreOfRuns | undefined
  readonly tables?: Tables | undefined
}

/** Who holds a run, wherever it is kept. */
export async function holdOf(
  { runStore }: StoreArguments,
  directory: string,
): Promise<HoldReport & Partial<StoreHoldReport>> {
  return runStore === undefined
    ? await reportHold(directory)
    : await runStore.reportHold(runNameOf(directory).runId)
}

/**
 * A run as reports are made of it. If it was put back from an older copy of its store, that is said, and its rows are not
 * offered again: they may have been done since.
 */
export async function reportedRun(
  { runStore }: StoreArguments,
  directory: string,
  run: RunFile,
): Promise<RunFile> {
  const goneOn = (await runStore?.goneOnFrom(directory, run)) ?? 'no'
  if (goneOn === 'no') return run
  const what =
    goneOn === 'yes'
      ? 'is closed, because another run has gone on from it; but its files were put back from an older copy of the store. So failed.csv offers no rows but bad ones, and it is not retried or undone.'
      : 'was put back from an older copy of the store, which does not know whether it was retried or undone since. So failed.csv offers no rows but bad ones, and retry and undo want --take-copy.'
  say(`Run ${run.run_id} ${what}`)
  return { ...run, put_back: true }
}

/** Why a run of a store is left to people although it has not ended, as a sentence; null if that is for another reason. */
export async function whyItIsLeft(
  { tables }: StoreArguments,
  run: Pick<RunFile, 'run_id' | 'state'>,
): Promise<string | null> {
  if (tables === undefined) return null
  const { whyRestored } = await import('../store/why-waiting.ts')
  return await whyRestored(tables, run)
}
