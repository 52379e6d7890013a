import { exitCodes, FixableError, KnownError } from '../messages/known-error.ts'
import { parseSystemError } from './system-error.ts'

/** A file that can't be written, opened or removed: the disk is full or read-only, or there are too many open files. */
export class CannotWrite extends FixableError {
  /** @param what the path, or another name of what can't be written */
  static of(what: string, cause: unknown, verb: 'written' | 'used' = 'written'): CannotWrite {
    const error = parseSystemError(cause)
    const why = error?.why ?? (cause instanceof Error ? cause.message : String(cause))
    const fix = error?.fix ?? 'Remove the cause'
    return new CannotWrite(`${what} can't be ${verb}: ${why}.`, fix, exitCodes.nothingSent, { cause })
  }
}

/** The error as a {@link FixableError} when it comes of the system refusing a file; null when it does not. */
export function asCannotWrite(error: unknown): FixableError | null {
  if (error instanceof CannotWrite) return error
  if (error instanceof KnownError) return null
  const refused = parseSystemError(error)
  return refused === null ? null : CannotWrite.of(refused.path ?? 'A file', error, 'used')
}
