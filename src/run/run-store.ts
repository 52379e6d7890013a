import type { Holding } from '../files/hold/joint-hold.ts'
import type { HoldReport } from '../files/hold/observe.ts'

/** A hold on a run of a store. */
export interface StoreHold extends Holding {
  release(): Promise<void>
}

/**
 * Where runs are kept if not in a runs directory. What stands in the runs directory then is a working copy of this
 * process alone, and counts only once the store has it.
 */
export interface RunStore {
  /**
   * Holds a run, as one process of all that use the store, and brings its working copy up to date.
   *
   * @param directory of the working copy
   * @throws KnownError with exit code 5 when another process holds the run, or another run of its job
   */
  hold(directory: string): Promise<StoreHold>
  /**
   * Keeps a run's files and lets workers take it up once it is released, both at once.
   *
   * @param directory of a run that is held
   */
  offer(directory: string): Promise<void>
  /**
   * Removes runs for good, all of them or none.
   *
   * @param directories of runs that are held
   */
  remove(directories: readonly string[]): Promise<void>
  /** Who holds a run, and whether it waits for a worker. */
  reportHold(runId: string): Promise<StoreHoldReport>
}

export interface StoreHoldReport extends HoldReport {
  /** Whether a worker may take the run and none holds it. */
  readonly waits: boolean
}
