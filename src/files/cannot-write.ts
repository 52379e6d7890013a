import { type ExitCode, exitCodes, KnownError } from '../messages/known-error.ts'
import { parseSystemError } from './system-error.ts'

/**
 * A file that can't be written, opened or removed: the disk is full or read-only, or there are too many open files.
 * Who knows what the file is for says by {@link CannotWrite.so} what to do then.
 */
export class CannotWrite extends KnownError {
  /** What fixes it: an imperative that a sentence can go on from. */
  readonly fix: string

  private constructor(message: string, fix: string, next: string, exitCode: ExitCode, cause: unknown) {
    super(message, next, exitCode, cause)
    this.name = 'CannotWrite'
    this.fix = fix
  }

  /** @param what the path, or another name of what can't be written */
  static of(what: string, cause: unknown, verb: 'written' | 'used' = 'written'): CannotWrite {
    const error = parseSystemError(cause)
    const why = error?.why ?? (cause instanceof Error ? cause.message : String(cause))
    const fix = error?.fix ?? 'Fix the cause'
    return new CannotWrite(
      `${what} can't be ${verb}: ${why}.`,
      fix,
      `${fix}, then try again.`,
      exitCodes.nothingSent,
      cause,
    )
  }

  /**
   * The same, for those who know what comes next.
   *
   * @param next follows the fix: `, then: okta-lifecycle resume RUN`
   */
  so(next: string, exitCode: ExitCode): CannotWrite {
    return new CannotWrite(this.message, this.fix, `${this.fix}${next}`, exitCode, this.cause)
  }
}

/** The error as a {@link CannotWrite} where it comes of the system refusing a file; null where it doesn't. */
export function asCannotWrite(error: unknown): CannotWrite | null {
  if (error instanceof CannotWrite) return error
  if (error instanceof KnownError) return null
  const refused = parseSystemError(error)
  return refused === null ? null : CannotWrite.of(refused.path ?? 'A file', error, 'used')
}
