import type { ClaimMark, Tables } from '../../src/store/tables.ts'
import type { Draws } from './draws.ts'
import { SimProcess } from './process.ts'
import type { StoreSpec } from './scenario.ts'
import { isHeld, type StoredRun, StoreRows } from './store-rows.ts'
import { memoryTables } from './store-tables.ts'
import type { VirtualTime } from './virtual-time.ts'

interface SimStoreOptions {
  readonly spec: StoreSpec
  readonly time: VirtualTime
  readonly draws: Draws
  readonly note: (line: string) => void
  readonly violate: (line: string) => void
  /** Told of each piece of a journal in the moment when the store has it. */
  readonly onJournal: (pid: number, run: string, bytes: Buffer, at: number) => void
}

/** What the store's clock shows when the world begins. No process has that clock. */
const clockMs = Date.UTC(2026, 2, 2, 9, 58)
/** What is sent must leave so long before others may have the run. */
const marginMs = 3_000
/** For how long after an answer was lost a process may not yet know what has become of a claim. */
const troubleMs = 20_000

/** A run that was taken by a process. */
interface Taking {
  readonly run: string
  readonly at: number
}

/** The store of a world: its rows, the way to it, and a watch over who writes what. */
export class SimStore {
  readonly rows = new StoreRows()
  readonly tables: Tables
  readonly takings: Taking[] = []
  /** For a planted bug: appends do not look at the claim. */
  ignoresFence = false
  readonly #options: SimStoreOptions
  /** By process and run the epoch under which it last wrote. */
  readonly #epochs = new Map<string, number>()
  readonly #troubles: { readonly from: number; readonly to: number }[] = []
  #awayUntil = 0
  #muteUntil = 0
  #asking: SimProcess | null = null
  #isHealed = false

  constructor(options: SimStoreOptions) {
    this.#options = options
    this.tables = memoryTables({
      rows: this.rows,
      now: () => clockMs + options.time.now,
      ask: (what, effect) => this.#ask(what, effect),
      ignoresFence: () => this.ignoresFence,
      onClaim: (run, holder) => this.#claimed(run, holder),
      onWrite: (run, claim, at, bytes) => this.#written(run, claim, at, bytes),
    })
  }

  /** The store does not answer for so long. */
  goAway(ms: number): void {
    if (this.#isHealed) return
    this.#awayUntil = this.#options.time.now + ms
    this.#trouble(ms)
  }

  /** For so long the store does what it is asked, and nobody hears its answers. */
  loseAnswers(ms: number): void {
    if (this.#isHealed) return
    this.#muteUntil = this.#options.time.now + ms
    this.#trouble(ms)
  }

  /** From now on every answer arrives, and soon. */
  heal(): void {
    this.#isHealed = true
    this.#awayUntil = 0
    this.#muteUntil = 0
  }

  /** Whether all that was asked around a time, from so long before it to so long after it, was answered soon. */
  wasThere(at: number, beforeMs: number, afterMs: number): boolean {
    return !this.#troubles.some(({ from, to }) => from < at + afterMs && to > at - beforeMs)
  }

  /** The runs that somebody works on, or that workers may take. */
  get atWork(): readonly StoredRun[] {
    const now = clockMs + this.#options.time.now
    return [...this.rows.runs.values()].filter((run) => run.wanted || isHeld(run, now))
  }

  /**
   * I24: why a process may not send for a run now; null if it may.
   *
   * @param pid of the process, which has written an intent for the run
   */
  whyNotSend(pid: number, run: string): string | null {
    const row = this.rows.runs.get(run)
    const epoch = this.#epochs.get(`${pid} ${run}`)
    if (row === undefined || row.epoch !== epoch) return `under epoch ${epoch}, and ${row?.epoch} has it`
    if (row.claimedUntil === null) return 'after it has given the run back'
    const left = row.claimedUntil - clockMs - this.#options.time.now
    return left < marginMs ? `${left.toFixed(0)} ms before the end of its claim` : null
  }

  #trouble(ms: number): void {
    const { now } = this.#options.time
    this.#troubles.push({ from: now, to: now + ms + troubleMs })
  }

  /** I23: nobody takes a run whose claim has not run out. I27: nor one that a refused token can't do. */
  #claimed(run: StoredRun, holder: string): void {
    const { note, violate, time } = this.#options
    const now = clockMs + time.now
    if (isHeld(run, now)) violate(`I23 run ${run.runId} is taken while ${run.holder} holds it`)
    const other = [...this.rows.runs.values()].find(
      (one) =>
        one !== run &&
        one.lockJob !== null &&
        one.lockJob === run.lockJob &&
        one.holder !== holder &&
        isHeld(one, now),
    )
    if (other !== undefined)
      violate(`I23 run ${run.runId} is taken while run ${other.runId} of its job is held`)
    const taker = this.#asking
    if (taker !== null && taker.mayTake !== null && --taker.mayTake < 0)
      violate(`I27 ${taker.pid} takes run ${run.runId}, though Okta refuses its token`)
    note(`store: run ${run.runId} is taken by ${this.#asking?.pid}, epoch ${run.epoch + 1}`)
    this.takings.push({ run: run.runId, at: time.now })
  }

  /** I23: nobody writes under an epoch that is over. */
  #written(run: StoredRun, { runId, epoch }: ClaimMark, at: number, bytes: Buffer): void {
    const pid = this.#asking?.pid ?? 0
    if (run.epoch !== epoch)
      this.#options.violate(
        `I23 ${pid} writes to run ${runId} under epoch ${epoch} while ${run.epoch} stands`,
      )
    this.#epochs.set(`${pid} ${runId}`, epoch)
    this.#options.onJournal(pid, runId, bytes, at)
  }

  #ask<T>(what: string, effect: () => T): Promise<T> {
    const { time, draws, spec, note } = this.#options
    const owner = time.current
    const process = owner instanceof SimProcess ? owner : null
    return new Promise((resolve, reject) => {
      const fail = (ms: number, code: string): void =>
        void time.plan(ms, owner, () => reject(Object.assign(new Error(code), { code })))
      if (this.#isAway) return fail(draws.between('refused by the store', 1, 50), 'ECONNREFUSED')
      const isSlow = !this.#isHealed && draws.chance('slow ask', 0.02)
      const there = isSlow
        ? draws.between('slow way', 5, spec.slowMs)
        : draws.between('way to the store', 0.2, 3)
      if (isSlow && spec.slowMs > 500) this.#trouble(there)
      time.plan(there, null, () => {
        if (this.#isAway) return fail(0, 'ECONNRESET')
        let answer: () => void
        try {
          this.#asking = process
          const done = effect()
          answer = () => resolve(done)
        } catch (error) {
          answer = () => reject(error)
        } finally {
          this.#asking = null
        }
        const isLost = !this.#isHealed && draws.chance('answer of the store is lost', spec.lost)
        if (!isLost && time.now >= this.#muteUntil) {
          time.plan(draws.between('way from the store', 0.2, 3), owner, answer)
          return
        }
        note(`store: ${process?.pid} ${what}, answer lost`)
        this.#trouble(0)
        if (draws.chance('lost in silence', 0.3)) fail(10_000, 'ETIMEDOUT')
        else fail(draws.between('loss', 0, 100), 'ECONNRESET')
      })
    })
  }

  get #isAway(): boolean {
    return this.#options.time.now < this.#awayUntil
  }
}
