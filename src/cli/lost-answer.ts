import { type ExitCode, exitCodes } from '../messages/known-error.ts'

/** The commands that act on users. */
const acting: ReadonlySet<string | undefined> = new Set(['run', 'resume', 'retry', 'undo'])

/**
 * The exit code of a command whose answer could not be written to standard output.
 *
 * All that it had to do is done and is on disk, so there is nothing to resume or to start again: not 3, which says that
 * there is, and on which a scheduler would begin anew. But whoever reads the answer has none, so it is not 0 either:
 * someone must look, 1. Whatever else the command ended with says more, and stays.
 */
export function codeWithoutAnswer(ended: ExitCode): ExitCode {
  return ended === exitCodes.done ? exitCodes.someoneMustLook : ended
}

/**
 * What is said to a person then, in lines.
 *
 * @param why what kept the answer from being written
 * @param ended what the command ended with
 */
export function describeLostAnswer(why: string, ended: ExitCode, command: string | undefined): string {
  const lost = `Standard output can't be written: ${why}.`
  if (!acting.has(command)) return `${lost} Only the answer is missing.\n`
  const instead =
    ended === exitCodes.done
      ? 'The run itself is done, and nothing failed: only its summary could not be written there, so the exit code is 1 in place of 0. Do not start it again.'
      : 'Only the summary is missing there.'
  return `${lost} ${instead}\n→ Read summary.json and report.html in the run's directory, or make it possible to write, then: okta-lifecycle status\n`
}
