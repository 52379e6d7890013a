import { commandFor, runNameOf } from '../messages/commands.ts'
import { type ExitCode, exitCodes, Refusal } from '../messages/known-error.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import type { RunStore } from '../run/run-store.ts'
import { orgOfRun, type RunOrg } from './org.ts'
import type { StoreArguments } from './store-arguments.ts'
import { say } from './terminal/stop-hooks.ts'

/**
 * The org in which a run goes on from here; null if this host has no credentials for it and the run is one of a store,
 * so that a worker can go on with it.
 *
 * @throws KnownError as {@link orgOfRun} does for a run of a runs directory
 */
export async function orgHere(
  place: StoreArguments,
  directory: string,
  run: RunFile,
): Promise<RunOrg | null> {
  try {
    return await orgOfRun(directory, run, place)
  } catch (error) {
    if (place.runStore === undefined || !(error instanceof Refusal)) throw error
    return null
  }
}

/** Leaves a held and confirmed run to the workers of its store, and says so. */
export async function handToWorkers(
  runStore: RunStore | undefined,
  directory: string,
  run: RunFile,
): Promise<ExitCode> {
  await writeRunFile(directory, { ...run, confirmed: true })
  await runStore?.offer(directory)
  say(
    `This host has no credentials for ${run.org_url}. Run ${run.run_id} waits for a worker that has. To see how far it has got: ${commandFor('status', runNameOf(directory))}`,
  )
  return exitCodes.done
}
