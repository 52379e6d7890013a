/** The exit statuses of the process. Scripts and schedulers rely on their meanings. */
export const exitCodes = {
  done: 0,
  someoneMustLook: 1,
  nothingSent: 2,
  stoppedByGuard: 3,
  refusedByOkta: 4,
  heldElsewhere: 5,
  /** SIGHUP, SIGINT, SIGPIPE and SIGTERM, as shells report them: 128 and the signal's number. */
  hungUp: 129,
  interrupted: 130,
  outputClosed: 141,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/**
 * An error that the user can fix. It is printed without a stack.
 * `message` says what was wrong, where, and what was expected; `next` says what to type or change.
 * Neither may hold a secret.
 */
export class KnownError extends Error {
  readonly next: string
  readonly exitCode: ExitCode

  constructor(message: string, next: string, exitCode: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KnownError'
    this.next = next
    this.exitCode = exitCode
  }
}

/**
 * A {@link KnownError} from before a command's work began: what was asked for or given is wrong, and this command sent
 * nothing. Work that has begun never ends with its exit code, 2.
 */
export class Refusal extends KnownError {
  constructor(message: string, next: string, cause?: unknown) {
    super(message, next, exitCodes.nothingSent, cause)
    this.name = 'Refusal'
  }
}

/** What a {@link FixableError} may say besides its fix. */
export interface FixableDetails {
  /** Follows the fix, with the punctuation in between. */
  readonly next?: string
  readonly advised?: boolean
  readonly cause?: unknown
}

/**
 * A {@link KnownError} with a cause outside the program: a disk, a network, an org. The fix is kept apart from what to
 * type next, because only the command knows that.
 */
export class FixableError extends KnownError {
  /** The fix, as an imperative that starts a sentence, such as `Make room on the disk`. */
  readonly fix: string
  /** Whether a command has already said what to type next, by {@link so}. */
  readonly advised: boolean

  constructor(
    message: string,
    fix: string,
    exitCode: ExitCode,
    { next = ', then try again.', advised = false, cause }: FixableDetails = {},
  ) {
    super(message, `${fix}${next}`, exitCode, cause)
    this.name = 'FixableError'
    this.fix = fix
    this.advised = advised
  }

  /**
   * The same error with the next step, from a caller that knows it.
   *
   * @param next follows the fix: `, then: okta-lifecycle resume RUN`
   */
  so(next: string, exitCode: ExitCode): FixableError {
    return new FixableError(this.message, this.fix, exitCode, { next, advised: true, cause: this.cause })
  }
}

/**
 * An error of work that has begun, with an exit code that does not say that nothing was sent. Other errors stay as they
 * are.
 */
export function afterWork<E>(error: E): E | KnownError {
  if (!(error instanceof KnownError) || error.exitCode !== exitCodes.nothingSent) return error
  return new KnownError(error.message, error.next, exitCodes.stoppedByGuard, error)
}
