import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExitCode } from './known-error.ts'

/** Why a run ends before its input does. */
export interface StopReason {
  readonly state: 'stopped' | 'interrupted'
  readonly exitCode: ExitCode
  /** One sentence for a person. */
  readonly message: string
}

/** Ends the life of a task or row without a result: it is taken up again on resume. */
export class RunStopped extends Error {
  constructor() {
    super('The run is stopping.')
    this.name = 'RunStopped'
  }
}

/** The one switch that ends a run. Whoever finds that nothing more may be sent turns it; the first reason stands. */
export class StopSwitch {
  readonly #abort = new AbortController()
  #reason: StopReason | null = null
  #retired = false

  constructor() {
    // Every wait listens, and a run may have thousands at once.
    setMaxListeners(0, this.#abort.signal)
  }

  get reason(): StopReason | null {
    return this.#reason
  }

  /** Aborts when the switch is turned. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Returns whether that stopped anything: the first reason stands, and after {@link retire} there is nothing to stop. */
  turn(reason: StopReason): boolean {
    if (this.#reason !== null || this.#retired) return false
    this.#reason = reason
    this.#abort.abort()
    return true
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
   * Waits so many milliseconds.
   *
   * @throws RunStopped as soon as the switch is turned
   */
  async wait(milliseconds: number): Promise<void> {
    this.check()
    if (milliseconds <= 0) return
    try {
      await sleep(milliseconds, undefined, { signal: this.#abort.signal })
    } catch {
      throw new RunStopped()
    }
  }
}
