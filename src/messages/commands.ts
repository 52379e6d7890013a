import { basename, dirname } from 'node:path'
import { shellWord } from './shell-word.ts'

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

/** A command to type: `okta-lifecycle COMMAND RUN --runs-dir DIR`, without the directory when it is the default. */
export function commandFor(command: string, { runId, runsDirectory }: RunName, ...flags: string[]): string {
  const where = runsDirectory === defaultRunsDirectory ? [] : ['--runs-dir', shellWord(runsDirectory)]
  return ['okta-lifecycle', command, shellWord(runId), ...where, ...flags].join(' ')
}
