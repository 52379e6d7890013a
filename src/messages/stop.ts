import { setMaxListeners } from 'node:events'
import type { ExitCode } from './known-error.ts'

/**
 * What a person must do before the work can go on.
 * - `go_on`: nothing is wrong. The command that goes on is enough.
 * - `fix`: an imperative without its full stop, such as `Check the network`. The command follows it.
 * - `flags`: a decision. The command goes on with these flags added.
 * - `choice`: a fix or a decision. The command goes on after the fix, or with these flags if `unless` is true.
 * - `said`: whole sentences that already contain what to type.
 */
export type Advice =
  | { readonly kind: 'go_on' }
  | { readonly kind: 'fix'; readonly fix: string }
  | { readonly kind: 'flags'; readonly flags: string }
  | { readonly kind: 'choice'; readonly fix: string; readonly unless: string; readonly flags: string }
  | { readonly kind: 'said'; readonly next: string }

/** Why work ends before its input does. */
export interface StopReason {
  readonly state: 'stopped' | 'interrupted'
  readonly exitCode: ExitCode
  /** One sentence about what happened, without advice. */
  readonly message: string
  readonly advice: Advice
}

/**
 * What to type next, as one sentence.
 *
 * @param goOn the command that goes on, such as `okta-lifecycle resume RUN`
 */
export function describeNext(advice: Advice, goOn: string): string {
  switch (advice.kind) {
    case 'go_on':
      return goOn
    case 'fix':
      return `${advice.fix}, then: ${goOn}`
    case 'flags':
      return `If that is right: ${goOn} ${advice.flags}`
    case 'choice':
      return `${advice.fix}, then: ${goOn}. If ${advice.unless}: ${goOn} ${advice.flags}`
    case 'said':
      return advice.next
  }
}

/**
 * Thrown to everything that waits or is about to send when the work stops. A task or row that it ends has no result;
 * resume takes it up again.
 */
export class RunStopped extends Error {
  constructor() {
    super('The run is stopping: nothing more is sent.')
    this.name = 'RunStopped'
  }
}

/** The one switch that ends a run. Any part that finds a reason to stop sending turns it; the first reason counts. */
export class StopSwitch {
  readonly #abort = new AbortController()
  #reason: StopReason | null = null
  #retired = false

  constructor() {
    // Every wait listens to it, and a run may have thousands of waits at once.
    setMaxListeners(0, this.#abort.signal)
  }

  get reason(): StopReason | null {
    return this.#reason
  }

  /** Aborts when the switch is turned. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Returns whether this call stopped the work: only the first reason does, and none after {@link retire}. */
  turn(reason: StopReason): boolean {
    if (this.#reason !== null || this.#retired) return false
    this.#reason = reason
    this.#abort.abort()
    return true
  }

  /** Turns the switch and returns the error that ends the caller: `throw stop.because(reason)`. */
  because(reason: StopReason): RunStopped {
    this.turn(reason)
    return new RunStopped()
  }

  /** The work is over: from now on the switch has no effect. */
  retire(): void {
    this.#retired = true
  }

  /** @throws RunStopped once the switch is turned */
  check(): void {
    if (this.#reason !== null) throw new RunStopped()
  }

  /**
   * Waits for some milliseconds.
   *
   * @throws RunStopped as soon as the switch is turned
   */
  async wait(milliseconds: number): Promise<void> {
    this.check()
    if (milliseconds <= 0) return
    const { signal } = this.#abort
    await new Promise<void>((resolve, reject) => {
      const stopped = (): void => {
        clearTimeout(timer)
        reject(new RunStopped())
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stopped)
        resolve()
      }, milliseconds)
      signal.addEventListener('abort', stopped, { once: true })
    })
  }
}
