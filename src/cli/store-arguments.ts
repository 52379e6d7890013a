import { type HoldReport, reportHold } from '../files/hold/observe.ts'
import { runNameOf } from '../messages/commands.ts'
import type { StoreHoldReport } from '../run/run-store.ts'
import type { StoreOfRuns } from '../store/store-of-runs.ts'
import type { Tables } from '../store/tables.ts'

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
