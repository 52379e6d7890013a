import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'

/** What trying others from the rest of the input came to. */
export interface ProbeOutcome {
  /** Calls that Okta accepted, and such that it refused as it refused the ones before. */
  readonly allowed: number
  readonly refused: number
}

/** What calls go through that may be refused because of the token. */
export interface Gate {
  /**
   * Waits for its turn, then does the call. Throws RunStopped when the run stops before its turn.
   *
   * @param call asks `mayLeave` right before a request leaves: while it waited for a permit a question may have come up,
   *   and it must pass again
   */
  pass<T>(call: (mayLeave: () => boolean) => Promise<T>): Promise<T>
  /** After a call that Okta accepted. */
  allowed(): void
  /** After a refusal: resolves once it is decided to be the user's matter, rejects with RunStopped otherwise. */
  refused(answer: Answer): Promise<void>
}

/**
 * Tells refusals that are a matter of their users from one that is a matter of the token.
 *
 * One E0000006 is its user's: an admin of some groups may not touch others. Ten in a row may be the token's, or an input
 * that is sorted by department.
 *
 * - **calm**: calls go side by side. A refusal → asking.
 * - **asking**: those refused are held, and calls go one at a time. A success → the held ones are their users' own → calm.
 *   Ten held → probing.
 * - **probing**: nothing goes but the probe, a few rows from the rest of the input. One of them accepted, or nothing to
 *   try → the held ones are their users' own → calm. All refused → the run stops.
 *
 * - **E1** A task that is held has no result: what it gets is decided once, and never taken back.
 * - **E2** No order of the input makes a run stop at the same place for ever: the probe reaches what lies behind.
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
   * @param what what is refused, for a person: `the lifecycle calls`
   * @param accept whether a person has said that refusals are the users' own
   * @param probe tries others from the rest of the input
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
   * Waits for its turn, then does the call. Calls go side by side while there is no question, else one at a time.
   *
   * @throws RunStopped when the run stops before its turn, and what the call throws
   */
  async pass<T>(call: (mayLeave: () => boolean) => Promise<T>): Promise<T> {
    while (this.#state === 'probing' || (this.#state === 'asking' && this.#busy)) {
      this.#stop.check()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#stop.check()
    if (this.#state === 'calm') return await call(() => this.#state === 'calm')
    this.#busy = true
    try {
      return await call(() => this.#state !== 'probing')
    } finally {
      this.#busy = false
      this.#wakeAll()
    }
  }

  /** After a call that Okta accepted: whoever is held was refused for its own sake. */
  allowed(): void {
    if (this.#state !== 'probing') this.#release()
  }

  /**
   * After a refusal: holds the task until it is decided whose matter it is.
   *
   * @returns once it is the user's
   * @throws RunStopped once it is the token's, or when the run stops first
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

  /** Nothing more comes that could tell: a few refusals are their users' own. */
  settle(): void {
    if (this.#state === 'asking') this.#release()
  }

  async #decide(answer: Answer): Promise<void> {
    let outcome: ProbeOutcome
    try {
      outcome = await this.#probe()
    } catch {
      // The run is stopping, or the input can't be read: what is held stays undecided and is taken up on resume.
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
