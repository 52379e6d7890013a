import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'

/** The outcome of trying rows from the rest of the input. */
export interface ProbeOutcome {
  /** Calls that Okta accepted, and calls that it refused like the ones before. */
  readonly allowed: number
  readonly refused: number
}

/** The gate for calls that Okta may refuse because of the token. */
export interface Gate {
  /** Waits for its turn, then makes the call. Throws RunStopped when the run stops before that. */
  pass<T>(call: () => Promise<T>): Promise<T>
  /** After a call that Okta accepted. */
  allowed(): void
  /** After a refusal: resolves once it is decided that the user is the cause. Otherwise it rejects with RunStopped. */
  refused(answer: Answer): Promise<void>
}

/**
 * Finds out whether Okta refuses calls because of their users or because of the token.
 *
 * A single E0000006 concerns its user: an admin of some groups may not touch users of others. Ten in a row may concern
 * the token, or the input is sorted by department.
 *
 * - **calm**: calls go in parallel. A refusal → asking.
 * - **asking**: refused tasks are held, and calls go one at a time. A success → the users are the cause → calm. Ten
 *   held → probing.
 * - **probing**: only the probe goes, a few rows from the rest of the input. One of them accepted, or nothing to try →
 *   the users are the cause → calm. All refused → the run stops.
 *
 * - **E1** A held task has no result. Its result is decided once and never taken back.
 * - **E2** No order of the input makes a run stop at the same place for ever: the probe tries the rows that come later.
 */
export class RefusalGate implements Gate {
  readonly #what: string
  readonly #stop: StopSwitch
  readonly #accept: boolean
  readonly #probe: () => Promise<ProbeOutcome>
  #state: 'calm' | 'asking' | 'probing' = 'calm'
  #held: (() => void)[] = []
  #busy = false
  #waiting: (() => void)[] = []

  /**
   * @param what what Okta refuses, for a person: `the lifecycle calls`
   * @param accept whether a person has said that refusals concern the users and not the token
   * @param probe tries rows from the rest of the input
   */
  constructor(what: string, stop: StopSwitch, accept: boolean, probe: () => Promise<ProbeOutcome>) {
    this.#what = what
    this.#stop = stop
    this.#accept = accept
    this.#probe = probe
    stop.signal.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  /** Tasks that are held. */
  get held(): number {
    return this.#held.length
  }

  /**
   * Waits for its turn, then makes the call. Calls go in parallel in the state calm, one at a time in the state asking.
   *
   * @throws RunStopped when the run stops before its turn, and what the call throws
   */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    while (this.#state === 'probing' || (this.#state === 'asking' && this.#busy)) {
      this.#stop.check()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#stop.check()
    if (this.#state === 'calm') return await call()
    this.#busy = true
    try {
      return await call()
    } finally {
      this.#busy = false
      this.#wakeAll()
    }
  }

  /** After a call that Okta accepted: the held tasks were refused because of their users. */
  allowed(): void {
    if (this.#state !== 'probing') this.#release()
  }

  /**
   * After a refusal: holds the task until the cause is decided.
   *
   * @returns once the user is found to be the cause
   * @throws RunStopped once the token is found to be the cause, or when the run stops first
   */
  async refused(answer: Answer): Promise<void> {
    if (this.#accept) return
    if (this.#state === 'calm') this.#state = 'asking'
    const decided = new Promise<void>((resolve) => this.#held.push(resolve))
    if (this.#state === 'asking' && this.#held.length >= refusalsThatAsk) {
      this.#state = 'probing'
      void this.#decide(answer)
    }
    this.#stop.check()
    await decided
    this.#stop.check()
  }

  /** No more calls come that could answer the question: a few refusals are put down to their users. */
  settle(): void {
    if (this.#state === 'asking') this.#release()
  }

  async #decide(answer: Answer): Promise<void> {
    let outcome: ProbeOutcome
    try {
      outcome = await this.#probe()
    } catch {
      // If the run is stopping, the held tasks stay undecided and resume takes them up. Otherwise the probe counts as
      // empty.
      outcome = { allowed: 0, refused: 0 }
      if (this.#stop.reason !== null) return
    }
    if (outcome.allowed === 0 && outcome.refused > 0) {
      this.#stop.turn(permissionRefused(answer, this.#what, outcome.refused))
      return
    }
    this.#release()
  }

  #release(): void {
    this.#state = 'calm'
    for (const release of this.#held.splice(0)) release()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake()
    if (this.#stop.reason !== null) for (const release of this.#held.splice(0)) release()
  }
}
