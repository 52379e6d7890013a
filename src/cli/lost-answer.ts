import { type ExitCode, exitCodes } from '../messages/known-error.ts'

/** The commands that act on users. */
const acting: ReadonlySet<string | undefined> = new Set(['run', 'resume', 'retry', 'undo'])

/**
 * The exit code of a command whose answer could not be written to standard output.
 *
 * All its work is done and on disk, so there is nothing to resume or start again. So the code is not 3, which would
 * make a scheduler start again. But the answer has reached nobody, so the code is not 0 either, but 1: someone must
 * look. Any other code that the command ended with says more, and stays.
 */
export function codeWithoutAnswer(ended: ExitCode): ExitCode {
  return ended === exitCodes.done ? exitCodes.someoneMustLook : ended
}

/**
 * What a person is told in that case, in lines.
 *
 * @param why what kept the answer from being written
 * @param ended what the command ended with
 */
export function describeLostAnswer(why: string, ended: ExitCode, command: string | undefined): string {
  const lost = `Standard output can't be written: ${why}.`
  if (!acting.has(command)) return `${lost} Only the answer is missing.\n`
  const instead =
    ended === exitCodes.done
      ? 'The run itself is done, and nothing failed: only its summary could not be written there, so the exit code is 1 instead of 0. Do not start it again.'
      : 'Only the summary is missing there.'
  return `${lost} ${instead}\n→ Read summary.json and report.html in the run's directory, or make standard output writable, then: okta-lifecycle status\n`
}
