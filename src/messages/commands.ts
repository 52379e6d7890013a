import { basename, dirname } from 'node:path'
import { shellWord } from './shell-word.ts'
import { storeOf } from './store-place.ts'

/** Where runs are kept unless a flag says otherwise. */
const defaultRunsDirectory = 'runs'

/** How a command line names a run. */
export interface RunName {
  readonly runId: string
  readonly runsDirectory: string
}

/** The name of the run in a directory. */
export function runNameOf(directory: string): RunName {
  return { runId: basename(directory), runsDirectory: dirname(directory) }
}

/**
 * A command to type: `okta-lifecycle COMMAND RUN --runs-dir DIR`, without the directory when it is the default; with
 * `--store URL` for a run of a store.
 */
export function commandFor(command: string, { runId, runsDirectory }: RunName, ...flags: string[]): string {
  return ['okta-lifecycle', command, shellWord(runId), ...placeOf(runsDirectory), ...flags].join(' ')
}

function placeOf(runsDirectory: string): readonly string[] {
  const store = storeOf(runsDirectory)
  if (store !== null) return ['--store', shellWord(store)]
  return runsDirectory === defaultRunsDirectory ? [] : ['--runs-dir', shellWord(runsDirectory)]
}
