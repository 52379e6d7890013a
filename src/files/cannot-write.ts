import { type ExitCode, exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { parseSystemError } from './system-error.ts'

/** A file can't be written, opened or removed: the disk is full or read-only, or too many files are open. */
export class CannotWrite extends FixableError {
  /** @param what the path, or another name for the file */
  static of(what: string, cause: unknown, verb: 'written' | 'used' = 'written'): CannotWrite {
    const error = parseSystemError(cause)
    const why = error?.why ?? (cause instanceof Error ? cause.message : String(cause))
    const fix = error?.fix ?? 'Remove the cause'
    return new CannotWrite(`${what} can't be ${verb}: ${why}.`, fix, exitCodes.nothingSent, { cause })
  }

  override so(next: string, exitCode: ExitCode): CannotWrite {
    return new CannotWrite(this.message, this.fix, exitCode, { next, advised: true, cause: this.cause })
  }
}

/**
 * The error as a {@link FixableError} if the system refused a file; otherwise null.
 *
 * @param what the file, or where it is, if the system does not say which one it was
 */
export function asCannotWrite(error: unknown, what = 'A file'): FixableError | null {
  if (error instanceof FixableError) return error
  if (error instanceof KnownError) return null
  const refused = parseSystemError(error)
  return refused === null ? null : CannotWrite.of(refused.path ?? what, error, 'used')
}

/**
 * Adds what to type next to an error if the system refused a file and nobody closer to it has said what comes next.
 *
 * @param next as for {@link FixableError.so}
 * @returns what to throw: every other error as it is
 */
export function withNext(error: unknown, next: string, exitCode: ExitCode): unknown {
  const refused = asCannotWrite(error)
  return refused === null || refused.advised ? error : refused.so(next, exitCode)
}
