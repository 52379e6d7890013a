// Over 300 lines because it is one machine of four states, each with what may leave, what is held and what decides.

import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { hasStoppedEnough, mostTried, spread } from '../rules/probe.ts'
import { permissionLost, permissionRefused, refusalsThatAsk } from '../rules/stop-reasons.ts'

/** The outcome of trying rows from the rest of the input. */
export interface ProbeOutcome {
  /** Calls that Okta accepted, and calls that it refused like the ones before. */
  readonly allowed: number
  readonly refused: number
  /**
   * Whether Okta now refuses users whom it has shown before, and shows none of them; `perhaps` if something else may be
   * why. Nothing if nobody was asked for.
   */
  readonly isLost?: 'no' | 'perhaps' | 'yes'
}

export interface RefusalGateOptions {
  /** What Okta refuses, for a person: `the lifecycle calls`. */
  readonly what: string
  readonly stop: StopSwitch
  /** Whether a person has said that refusals concern the users and not the token. */
  readonly accept: boolean
  /** How many executions the run has had before this one. Each tries other rows first. */
  readonly turn: number
  /**
   * Tries rows from the rest of the input until one is accepted or `most` are refused. At a halt, where nothing but held
   * rows is left of a step, these may be rows of later steps.
   */
  readonly probe: (most: number, atHalt: boolean) => Promise<ProbeOutcome>
  /** How many refusals beyond the tenth stop the run. */
  readonly mostTried?: () => number
  /** Called when a call begins to wait. */
  readonly onWaiting?: () => void
  /** Whether calls are held for another reason; {@link RefusalGate.wake} is called when that ends. */
  readonly isHeld?: () => boolean
}

/** What is known of a task that Okta has refused. */
export interface Refused {
  /** Whether its user was found to be the cause of an earlier refusal. */
  readonly isKnown: boolean
  /** Whether at least two executions before were refused the same task and stopped, as far as the journal shows. */
  readonly isOld: boolean
}

/** The gate for calls that Okta may refuse because of the token. */
export interface Gate {
  /**
   * Waits for its turn, then makes the call. Throws RunStopped when the run stops before its turn.
   *
   * @param row the row of the call, from 1
   * @param call asks `mayLeave` right before its request leaves: while the request waited for a permit, a question may
   *   have come up, and then the call must pass the gate again
   */
  pass<T>(row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T>
  /** After a call of a row that Okta accepted, as long as {@link pass} is under way for it. */
  allowed(row: number): void
  /**
   * After a refusal of a row's call: resolves once it is decided that the user is the cause. Otherwise it rejects with
   * RunStopped.
   */
  refused(row: number, answer: Answer, of: Refused): Promise<void>
}

/**
 * Finds out whether Okta refuses calls because of their users or because of the token.
 *
 * A single E0000006 concerns its user: an admin of some groups may not touch users of others. Ten in a row may concern
 * the token, or mean that the input is sorted by department. Users who were found to be the cause before say nothing about
 * the token: further refusals of them are held like others, but they do not count.
 *
 * - **calm**: calls go in parallel. A refusal → asking.
 * - **asking**: refused tasks are held, and calls go one at a time. A success → the users are the cause → calm. Ten held,
 *   or a halt ({@link RefusalGate.probeAtHalt}) → probing. A success of a call that left before the first refusal was known
 *   shows nothing: the permission may have been taken away since.
 * - **probing**: only the probe goes, a few rows from the rest of the input. One of them accepted → the users are the
 *   cause → calm. As many refused as may be tried, or users refused whom Okta has shown before → the run stops. Too few
 *   to tell → trying.
 * - **trying**: a few of the waiting calls go, one at a time, to make up the number. One accepted → the users are the
 *   cause → calm. All refused → the run stops. A halt → probing, once. No call left to try, and no more to come → the
 *   refusals beyond the tenth decide: with any, the run stops; with none, the users are the cause → calm.
 *
 * While it is undecided whether one failure too many has come, no call leaves in any state, not even those of the
 * probe.
 *
 * - **E1** A held task has no result. Its result is decided once and never taken back.
 * - **E2** No order of the input makes a run stop at the same place forever: the probe tries the rows that come later, others
 *   in each execution. Rows that have begun and wait are left out of it, so every other execution tries mostly those. Where
 *   two executions before have stopped for all who are refused, the users are the cause.
 * - **E3** A stop does not part what is held from a probe at a halt. Once a call of a later step is accepted, the held
 *   tasks have failed, or the next execution would send them after it.
 */
export class RefusalGate implements Gate {
  readonly #what: string
  readonly #stop: StopSwitch
  readonly #accept: boolean
  readonly #turn: number
  readonly #probe: RefusalGateOptions['probe']
  readonly #mostTried: () => number
  readonly #onWaiting: () => void
  readonly #isHeld: () => boolean
  #state: 'calm' | 'asking' | 'probing' | 'trying' = 'calm'
  /** Whether a call that goes alone is under way. */
  #busy = false
  readonly #held: Held[] = []
  #waiters: Waiter[] = []
  /** One function per caller that waits in {@link whileHeld}; each wakes its caller. */
  #heldBack: (() => void)[] = []
  /**
   * How many refusals have come beyond the tenth, as the probe and the tries show it, and the rows that are still to be
   * tried; null until they are chosen.
   */
  #refusedTries = 0
  #toTry: readonly number[] | null = null
  /** Rows whose calls left as tries, and have not been refused yet. */
  readonly #tried = new Set<number>()
  #lastRefusal: Answer | null = null
  /** Whether a probe at a halt is under way. */
  #decidesAtHalt = false
  /** Whether those that are held have had a probe at a halt. */
  #probedAtHalt = false
  /** How many refusals have come, in all and before the first that is held. */
  #refusals = 0
  #refusalsBefore = 0
  /** How many had come when the call of a row left, by row. */
  readonly #knownAtLeaving = new Map<number, number>()

  constructor(options: RefusalGateOptions) {
    const { what, stop, accept, turn, probe, onWaiting, isHeld } = options
    this.#what = what
    this.#stop = stop
    this.#accept = accept
    this.#turn = turn
    this.#probe = probe
    this.#mostTried = options.mostTried ?? (() => mostTried)
    this.#onWaiting = onWaiting ?? (() => {})
    this.#isHeld = isHeld ?? (() => false)
    stop.signal.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  /** Tasks that are held. */
  get held(): number {
    return this.#held.length
  }

  /** Refusals without a success between, those of a probe that held no task included. */
  get refusalsInARow(): number {
    const tried = this.#state === 'trying' ? refusalsThatAsk + this.#refusedTries : 0
    return Math.max(this.#counted, tried)
  }

  /** Held tasks whose users were not found to be the cause before. */
  get #counted(): number {
    return this.#held.filter(({ counts }) => counts).length
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Waits for its turn, then makes the call. Calls go in parallel in the state calm, one at a time in the state asking.
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
    this.#noteLeaving(row)
    try {
      if (this.#state !== 'calm') return await this.#passAlone(row, call)
      return await call(() => this.#state === 'calm' && !this.#isHeld() && this.#noteLeaving(row))
    } finally {
      this.#knownAtLeaving.delete(row)
    }
  }

  async #passAlone<T>(row: number, call: (mayLeave: () => boolean) => Promise<T>): Promise<T> {
    this.#busy = true
    if (this.#state === 'trying') {
      this.#toTry = (this.#toTry ?? []).filter((other) => other !== row)
      this.#tried.add(row)
    }
    let left = true
    try {
      return await call(() => {
        left = this.#state !== 'probing' && !this.#isHeld() && this.#noteLeaving(row)
        return left
      })
    } finally {
      this.#busy = false
      // E2: a call that was held back has not been tried.
      if (!left && this.#state === 'trying') this.#toTry = [...(this.#toTry ?? []), row]
      if (!left) this.#tried.delete(row)
      this.#wakeAll()
    }
  }

  #noteLeaving(row: number): true {
    this.#knownAtLeaving.set(row, this.#refusals)
    return true
  }

  /** Whether calls are held for another reason. */
  get isHeld(): boolean {
    return this.#isHeld()
  }

  /**
   * Waits while calls are held for another reason.
   *
   * @throws RunStopped when the run stops first
   */
  async whileHeld(): Promise<void> {
    while (this.#isHeld()) {
      this.#stop.check()
      await new Promise<void>((wake) => this.#heldBack.push(wake))
    }
    this.#stop.check()
  }

  /** Lets the waiting calls check again whether they may leave. */
  wake(): void {
    this.#wakeAll()
  }

  /**
   * After a call that Okta accepted: the held tasks were refused because of their users, if the call left after the first
   * of them was known to be refused.
   */
  allowed(row: number): void {
    const known = this.#knownAtLeaving.get(row) ?? 0
    if (this.#held.length > 0 && known <= this.#refusalsBefore) return
    if (this.#state !== 'probing') this.#release()
  }

  /**
   * After a refusal: holds the task until the cause is decided (E1).
   *
   * @returns once the user is found to be the cause
   * @throws RunStopped once the token is found to be the cause, or when the run stops first
   */
  async refused(row: number, answer: Answer, { isKnown, isOld }: Refused): Promise<void> {
    if (this.#accept) return
    this.#lastRefusal = answer
    if (this.#held.length === 0) this.#refusalsBefore = this.#refusals
    this.#refusals++
    if (this.#state === 'calm') this.#state = 'asking'
    const decided = new Promise<boolean>((release) => this.#held.push({ release, counts: !isKnown, isOld }))
    if (this.#state === 'asking' && this.#counted >= refusalsThatAsk) {
      this.#state = 'probing'
      void this.#decide(false)
      // E2: what left before the question came up shows nothing about the rows that were chosen to answer it.
    } else if (
      this.#state === 'trying' &&
      this.#tried.delete(row) &&
      !isKnown &&
      ++this.#refusedTries >= this.#mostTried()
    )
      this.#endTries()
    this.#stop.check()
    if (!(await decided)) this.#stop.check()
  }

  /**
   * Decides what can be decided once nothing is under way, because every row at work waits here or for something else.
   *
   * @param ended whether no more rows come: then nothing else can show the cause, and a few refusals count as their
   *   users' own
   */
  settle(ended: boolean): void {
    // The waiting calls would only wait again. When the other reason ends, `wake` is called, and then this method
    // again.
    if (this.#isHeld()) return
    if (this.#state === 'asking' && ended && this.#waiters.length === 0) this.#release()
    if (this.#state !== 'trying' || this.#busy) return
    if (!this.#isToBeTried()) {
      // None are chosen yet, or those that were chosen ended without a call.
      const waiting = this.#waiters.map(({ row }) => row).sort((a, b) => a - b)
      this.#toTry = spread(waiting, this.#mostTried() - this.#refusedTries, this.#turn)
    }
    if (this.#isToBeTried()) this.#wakeAll()
    else if (ended) {
      // Everything that could be tried was under way already, and was refused as well.
      this.#refusedTries = Math.max(this.#refusedTries, this.#counted - refusalsThatAsk)
      if (this.#refusedTries > 0) this.#endTries()
      else this.#release()
    }
  }

  /** Whether a waiting call is one of those to be tried. */
  #isToBeTried(): boolean {
    return this.#waiters.some(({ row }) => this.#toTry?.includes(row))
  }

  /**
   * Begins a probe at a halt, even with fewer than ten held: nothing but held rows is under way, and the rows that come
   * next can't begin before those have ended.
   *
   * @returns whether a probe has begun; false if there is nothing to decide, or a probe was made already
   */
  probeAtHalt(): boolean {
    const isUndecided = this.#state === 'asking' || this.#state === 'trying'
    if (!isUndecided || this.#probedAtHalt || this.#isHeld()) return false
    this.#probedAtHalt = true
    this.#state = 'probing'
    this.#decidesAtHalt = true
    void this.#decide(true).finally(() => {
      this.#decidesAtHalt = false
      if (this.#stop.reason !== null) this.#wakeAll()
    })
    return true
  }

  /**
   * Stops the run: together with those of another gate, the refusals are too many to be their users' own.
   *
   * @param others how many refusals in a row the other gate has seen
   */
  refuseWith(others: number): void {
    this.#refusedTries = this.refusalsInARow + others - refusalsThatAsk
    this.#endTries()
  }

  /** Whether a probe is under way. */
  get isProbing(): boolean {
    return this.#state === 'probing'
  }

  /** Whether nothing is held and calls go in parallel. */
  get isCalm(): boolean {
    return this.#state === 'calm'
  }

  #mayPass(row: number): boolean {
    if (this.#isHeld()) return false
    if (this.#state === 'calm') return true
    if (this.#state === 'probing' || this.#busy) return false
    return this.#state === 'asking' || this.#toTry?.includes(row) === true
  }

  async #decide(atHalt: boolean): Promise<void> {
    let outcome: ProbeOutcome
    const most = atHalt ? mostTried : this.#mostTried()
    const missing = Math.max(0, refusalsThatAsk - this.#counted)
    // The probe can't try rows that have begun. At a halt all of these are held, or wait for held ones.
    const ofWaiting = atHalt || this.#turn % 2 === 0 ? 0 : Math.min(this.#waiters.length, most - 1)
    try {
      await this.whileHeld()
      // E2: rows that come later in the input are tried before the run may stop.
      outcome = await this.#probe(most - ofWaiting + missing, atHalt)
    } catch {
      // The failure has stopped the run already. What is held stays undecided, and `resume` takes it up.
      return
    }
    if (outcome.allowed > 0) {
      this.#release()
      return
    }
    // E2: a third execution does not stop for what is only perhaps so.
    if (outcome.isLost === 'yes' || (outcome.isLost === 'perhaps' && !hasStoppedEnough(this.#turn))) {
      this.#stopFor(permissionLost)
      return
    }
    this.#refusedTries = outcome.refused - missing
    if (this.#refusedTries >= most) {
      this.#endTries()
      return
    }
    this.#state = 'trying'
    this.#toTry = null
    this.#onWaiting()
  }

  /** Too many were refused: the run stops, unless executions before have stopped for all of them (E2). */
  #endTries(): void {
    const old = this.#held.filter(({ counts, isOld }) => counts && isOld).length
    if (old >= refusalsThatAsk + this.#refusedTries) this.#release()
    else this.#stopFor(permissionRefused)
  }

  #stopFor(reasonOf: typeof permissionRefused): void {
    if (this.#lastRefusal === null) return
    this.#stop.turn(reasonOf(this.#lastRefusal, this.#what, this.#refusedTries))
  }

  #release(): void {
    this.#state = 'calm'
    this.#refusedTries = 0
    this.#probedAtHalt = false
    this.#tried.clear()
    for (const { release } of this.#held.splice(0)) release(true)
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#heldBack.splice(0)) wake()
    for (const { wake } of this.#waiters.splice(0)) wake()
    if (this.#stop.reason === null || this.#decidesAtHalt) return
    for (const { release } of this.#held.splice(0)) release(false)
  }
}

/** A task that is held. */
interface Held {
  /** Ends its wait, and says whether its user is the cause. */
  readonly release: (isUsers: boolean) => void
  /** Whether it may show that the token is the cause. */
  readonly counts: boolean
  /** As in {@link Refused}. */
  readonly isOld: boolean
}

/** A call that waits for its turn. */
interface Waiter {
  readonly row: number
  readonly wake: () => void
}
