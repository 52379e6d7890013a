import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { exists } from '../files/exists.ts'
import { commandFor, runNameOf } from '../messages/commands.ts'
import { Refusal } from '../messages/known-error.ts'
import { shellWord } from '../messages/shell-word.ts'
import { type RunFile, runFileName } from './run-file.ts'

/**
 * The run of which a directory is a copy, or which it was before it was renamed; null for a run under its own name. A
 * symbolic link to a run is that run.
 */
export async function copyOf(directory: string, run: Pick<RunFile, 'run_id'>): Promise<string | null> {
  return basename(await realpath(directory)) === run.run_id ? null : run.run_id
}

/** Says in one sentence, for a person, that a directory is a copy. */
export function describeCopy(directory: string, runId: string): string {
  return `${directory} is a copy of run ${runId} under another name, or that run renamed.`
}

/**
 * Makes sure that a run is acted on under its own name alone: a copy next to the original would do again everything
 * that the original has done since.
 *
 * @param command what was to be done with it
 * @throws Refusal for a copy
 */
export async function checkNoCopy(
  directory: string,
  run: Pick<RunFile, 'run_id'>,
  command: 'resume' | 'retry' | 'undo',
): Promise<void> {
  const runId = await copyOf(directory, run)
  if (runId === null) return
  const original = join(dirname(await realpath(directory)), runId)
  const again = commandFor(command, { ...runNameOf(directory), runId })
  throw new Refusal(
    `${describeCopy(directory, runId)} Only one of them may ever be acted on. Nothing was sent.`,
    (await exists(join(original, runFileName)))
      ? `${again}, and remove the copy`
      : `If ${runId} is gone and nobody has gone on with it elsewhere: mv ${shellWord(directory)} ${shellWord(join(dirname(directory), runId))}, then: ${again}`,
  )
}
