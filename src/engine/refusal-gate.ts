import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'
import { mostTried } from './probe.ts'

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
 * - **probing**: nothing goes but the probe, a few rows from the part of the input that is not begun. One of them
 *   accepted → the held ones are their users' own → calm. Five refused → the run stops. Too few to try → trying.
 * - **trying**: those that wait here are tried, one at a time, as the rest of the probe. One accepted → calm. Five refused
 *   in all, or the last there was → the run stops. Nothing left to try at all → calm.
 *
 * - **E1** A task that is held has no result: what it gets is decided once, and never taken back.
 * - **E2** No order of the input makes a run stop at the same place for ever: the probe reaches what lies behind.
 */
export class RefusalGate implements Gate {
  readonly #what: string
  readonly #stop: StopSwitch
  readonly #accept: boolean
  readonly #probe: () => Promise<ProbeOutcome>
  readonly #onTrying: () => void
  #state: 'calm' | 'asking' | 'probing' | 'trying' = 'calm'
  /** Refusals of the probe. */
  #tried = 0
  #held: (() => void)[] = []
  #busy = false
  #lastRefusal: Answer | null = null
  #waiting: (() => void)[] = []

  /**
   * @param what what is refused, for a person: `the lifecycle calls`
   * @param accept whether a person has said that refusals are the users' own
   * @param probe tries others from the part of the input that is not begun
   * @param onTrying called when those that wait are about to be tried: there may be none
   */
  constructor(
    what: string,
    stop: StopSwitch,
    accept: boolean,
    probe: () => Promise<ProbeOutcome>,
    onTrying: () => void = () => {},
  ) {
    this.#what = what
    this.#stop = stop
    this.#accept = accept
    this.#probe = probe
    this.#onTrying = onTrying
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
    while (this.#state === 'probing' || (this.#state !== 'calm' && this.#busy)) {
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
    } else if (this.#state === 'trying' && ++this.#tried >= mostTried) this.#refuse(answer)
    this.#lastRefusal = answer
    this.#stop.check()
    await decided
    this.#stop.check()
  }

  /** Nothing more comes that could tell: a few refusals are their users' own. */
  settle(): void {
    if (this.#state === 'asking') this.#release()
    if (this.#state !== 'trying') return
    if (this.#tried > 0 && this.#lastRefusal !== null) this.#refuse(this.#lastRefusal)
    else this.#release()
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
    if (outcome.allowed > 0) {
      this.#release()
      return
    }
    this.#tried = outcome.refused
    if (this.#tried >= mostTried) {
      this.#refuse(answer)
      return
    }
    this.#state = 'trying'
    this.#wakeAll()
    this.#onTrying()
  }

  #refuse(answer: Answer): void {
    this.#stop.turn(permissionRefused(answer, this.#what, this.#tried))
  }

  #release(): void {
    this.#state = 'calm'
    this.#tried = 0
    for (const release of this.#held.splice(0)) release()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake()
    if (this.#stop.reason !== null) for (const release of this.#held.splice(0)) release()
  }
}
