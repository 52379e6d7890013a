import { asCannotWrite } from '../files/cannot-write.ts'
import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'

/** The exit code that goes with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  return knownErrorOf(error)?.exitCode ?? exitCodes.someoneMustLook
}

function knownErrorOf(error: unknown): KnownError | null {
  return error instanceof KnownError ? error : asCannotWrite(error)
}

/**
 * Prints an error: a known error without its stack, and also as JSON if a program reads the answer.
 *
 * @returns the exit code that goes with it
 */
export function reportError(error: unknown, json: boolean): ExitCode {
  const known = knownErrorOf(error)
  if (known === null) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.stderr.write(
      'This is a bug in okta-lifecycle. The journal holds what was sent. To go on: okta-lifecycle resume\n',
    )
    return exitCodeOf(error)
  }
  process.stderr.write(`${known.message}\n→ ${known.next}\n`)
  if (json) {
    const answer = { error: { message: known.message, next: known.next, exit_code: known.exitCode } }
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
  }
  return known.exitCode
}
