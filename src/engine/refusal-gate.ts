import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'
import { mostTried, spread } from './probe.ts'

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
   * @param row the row of the call, from 1
   * @param call asks `mayLeave` right before a request leaves: while it waited for a permit a question may have come up,
   *   and it must pass again
   */
  pass<T>(row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T>
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
 * - **trying**: once every row at work waits here or for something else, rows of those are tried as the rest of the probe,
 *   one at a time, spread over them and the last one among them. One accepted → calm. Five refused in all, or the last
 *   there was → the run stops. Nothing left to try at all → calm.
 *
 * - **E1** A task that is held has no result: what it gets is decided once, and never taken back.
 * - **E2** No order of the input makes a run stop at the same place for ever: the probe reaches what lies behind.
 */
export class RefusalGate implements Gate {
  readonly #what: string
  readonly #stop: StopSwitch
  readonly #accept: boolean
  readonly #probe: () => Promise<ProbeOutcome>
  readonly #onWaiting: () => void
  #state: 'calm' | 'asking' | 'probing' | 'trying' = 'calm'
  /** Whether a call is under way that goes alone. */
  #busy = false
  #held: (() => void)[] = []
  #waiters: Waiter[] = []
  /** Refusals of the probe, and the rows that are still to be tried for it; null while they are not chosen. */
  #refusedTries = 0
  #toTry: readonly number[] | null = null
  #lastRefusal: Answer | null = null

  /**
   * @param what what is refused, for a person: `the lifecycle calls`
   * @param accept whether a person has said that refusals are the users' own
   * @param probe tries others from the part of the input that has not begun
   * @param onWaiting called when a call begins to wait, or those that wait are to be tried
   */
  constructor(
    what: string,
    stop: StopSwitch,
    accept: boolean,
    probe: () => Promise<ProbeOutcome>,
    onWaiting: () => void = () => {},
  ) {
    this.#what = what
    this.#stop = stop
    this.#accept = accept
    this.#probe = probe
    this.#onWaiting = onWaiting
    stop.signal.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  /** Tasks that are held. */
  get held(): number {
    return this.#held.length
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Waits for its turn, then does the call. Calls go side by side while there is no question, else one at a time.
   *
   * @throws RunStopped when the run stops before its turn, and what the call throws
   */
  async pass<T>(row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T> {
    while (!this.#mayPass(row)) {
      this.#stop.check()
      await new Promise<void>((wake) => {
        this.#waiters.push({ row, wake })
        this.#onWaiting()
      })
    }
    this.#stop.check()
    if (this.#state === 'calm') return await call(() => this.#state === 'calm')
    this.#busy = true
    if (this.#state === 'trying') this.#toTry = (this.#toTry ?? []).filter((other) => other !== row)
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
    this.#lastRefusal = answer
    if (this.#state === 'calm') this.#state = 'asking'
    const decided = new Promise<void>((resolve) => this.#held.push(resolve))
    if (this.#state === 'asking' && this.#held.length >= refusalsThatAsk) {
      this.#state = 'probing'
      void this.#decide()
    } else if (this.#state === 'trying' && ++this.#refusedTries >= mostTried) this.#refuse()
    this.#stop.check()
    await decided
    this.#stop.check()
  }

  /**
   * Nothing is under way: every row at work waits here or for something else. Decides what can be decided then.
   *
   * @param ended whether no more rows come: then nothing more can tell, and a few refusals are their users' own
   */
  settle(ended: boolean): void {
    if (this.#state === 'asking' && ended && this.#waiters.length === 0) this.#release()
    if (this.#state !== 'trying' || this.#busy) return
    this.#toTry ??= spread(
      this.#waiters.map(({ row }) => row).sort((a, b) => a - b),
      mostTried - this.#refusedTries,
    )
    if (this.#waiters.some(({ row }) => this.#toTry?.includes(row))) this.#wakeAll()
    else if (this.#refusedTries > 0) this.#refuse()
    else if (ended && this.#waiters.length === 0) this.#release()
    else this.#toTry = null
  }

  #mayPass(row: number): boolean {
    if (this.#state === 'calm') return true
    if (this.#state === 'probing' || this.#busy) return false
    return this.#state === 'asking' || this.#toTry?.includes(row) === true
  }

  async #decide(): Promise<void> {
    let outcome: ProbeOutcome
    try {
      outcome = await this.#probe()
    } catch {
      // Whoever failed has stopped the run: what is held stays undecided and is taken up on resume.
      return
    }
    if (outcome.allowed > 0) {
      this.#release()
      return
    }
    this.#refusedTries = outcome.refused
    if (this.#refusedTries >= mostTried) {
      this.#refuse()
      return
    }
    this.#state = 'trying'
    this.#toTry = null
    this.#onWaiting()
  }

  #refuse(): void {
    if (this.#lastRefusal === null) return
    this.#stop.turn(permissionRefused(this.#lastRefusal, this.#what, this.#refusedTries))
  }

  #release(): void {
    this.#state = 'calm'
    this.#refusedTries = 0
    for (const release of this.#held.splice(0)) release()
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const { wake } of this.#waiters.splice(0)) wake()
    if (this.#stop.reason !== null) for (const release of this.#held.splice(0)) release()
  }
}

/** A call that waits for its turn. */
interface Waiter {
  readonly row: number
  readonly wake: () => void
}
