/** How the process ends, as its exit status. The meanings are a promise to scripts and schedulers. */
export const exitCodes = {
  done: 0,
  someoneMustLook: 1,
  nothingSent: 2,
  stoppedByGuard: 3,
  refusedByOkta: 4,
  heldElsewhere: 5,
  /** SIGHUP, SIGINT, SIGPIPE and SIGTERM, as shells tell them: 128 and the signal's number. */
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

  constructor(message: string, next: string, exitCode: ExitCode = exitCodes.nothingSent, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'KnownError'
    this.next = next
    this.exitCode = exitCode
  }
}
