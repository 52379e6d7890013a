import { commandFor, runNameOf } from '../messages/commands.ts'
import { type ExitCode, exitCodes } from '../messages/known-error.ts'
import { type RunFile, writeRunFile } from '../run/run-file.ts'
import type { RunOrg } from './org.ts'
import type { StoreArguments } from './store-arguments.ts'

/** A run that is prepared, confirmed and held. */
interface Submitted extends StoreArguments {
  readonly directory: string
  readonly run: RunFile
  readonly org: RunOrg
  readonly json: boolean
}

/** Leaves a run to the workers of its store. No lifecycle call has been sent. */
export async function submitRun({ directory, run, org, json, runStore }: Submitted): Promise<ExitCode> {
  await org.close()
  await writeRunFile(directory, run)
  await runStore?.offer(directory)
  process.stdout.write(
    json
      ? `${JSON.stringify({ run_id: run.run_id }, null, 2)}\n`
      : `Submitted: ${run.run_id}\nTo see how far it has got: ${commandFor('status', runNameOf(directory))}\n`,
  )
  return exitCodes.done
}
