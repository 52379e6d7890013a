import type { StopReason } from '../messages/stop.ts'
import { moved } from './life.ts'
import { type RunFile, writeRunFile } from './run-file.ts'

/**
 * Records in `run.json` how an execution ended. Its reports must be on disk before that.
 *
 * @param stopped null if all tasks have a result
 * @throws CannotWrite when it can't be written
 */
export async function recordEnd(directory: string, run: RunFile, stopped: StopReason | null): Promise<void> {
  await writeRunFile(directory, ended(run, stopped))
}

function ended(run: RunFile, stopped: StopReason | null): RunFile {
  if (stopped === null) return moved(run, 'finish')
  return moved(run, stopped.state === 'interrupted' ? 'interrupt' : 'stop', stopped.message)
}
