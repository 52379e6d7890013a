// Over 300 lines: slots, permits and the calls that wait for both change together, and are kept in one place.

import { Deadline } from '../files/deadline.ts'
import { RunStopped } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import { type Bucket, buckets, lifecycleBucket } from '../okta/bucket.ts'
import { isConcurrencyLimit } from '../okta/classify.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { BudgetAnswer } from './budget-events.ts'
import { exhaustedUntil, type Permit, shareOf } from './budget-state.ts'
import {
  type BucketReport,
  budgetAnswer,
  type Lane,
  newLane,
  type PacedRequest,
  reportOf,
  type Waiter,
} from './lane.ts'
import { type Ledger, lastLimit, usedWithinMs } from './ledger.ts'
import { SilentCalls } from './silent-calls.ts'
import { SlotQueue } from './slot-queue.ts'
import { newSlots, type Slots, slotsAfterConcurrencyLimit, slotsAfterSuccess } from './slots.ts'

export interface PacerOptions {
  /** The most requests under way at once. */
  readonly concurrency: number
  readonly clock: OktaClock
  readonly ledger: Ledger
  /** The most requests that the run still has to send in a bucket. */
  readonly workLeft: (bucket: Bucket) => number
  /** Called when permits are handed out and as many requests are about to leave. */
  readonly onPermits?: (bucket: Bucket, count: number) => void
  /** Called when answers show another limit than before. */
  readonly onLimit?: (bucket: Bucket, limit: number) => void
}

/** Permits, until when they may be used, and how many answers had shown the bucket's window when they were asked for. */
interface Lease {
  readonly leased: readonly Permit[]
  readonly end: Deadline
  readonly shown: number
}

/** A request with its permit, and until when it may be used. */
interface Admitted extends Pick<Lease, 'end' | 'shown'> {
  readonly lane: Lane
  readonly permit: Permit
  readonly waiter: Waiter
}

/** The most silent calls that get an extra slot. The client has a connection for each. */
export const mostSilent = 500
const lookForSilenceMs = 250
/** Permits are plentiful if there are this many for each slot. */
const plentyForSlots = 12
/**
 * Requests admitted for each slot while permits are plentiful: one to be sent now, the others for when the slot is
 * free.
 */
const admittedPerSlot = 5
/** While this many are admitted for each slot, no more are leased: a few leases of many permits cost the least. */
const enoughPerSlot = 1.5

/**
 * Sends each request when it has both a slot and a permit.
 *
 * A waiting request holds neither. When slots are free, the pacer leases permits from the ledger, at most as many as it has
 * free slots and waiting requests. It then prepares and sends each request in its slot of the queue. Lifecycle calls
 * come before reads. A permit that could not be used in time, for example because the process was stopped, goes back, and
 * its request waits for another one.
 *
 * While permits are plentiful, it also admits requests for the slots that will be free next, because leasing takes a
 * few milliseconds and a slot should not wait for it. While permits are scarce, it takes none ahead of a slot, so that
 * the run can give way to others at once.
 */
export class Pacer {
  readonly #clock: OktaClock
  readonly #ledger: Ledger
  readonly #workLeft: (bucket: Bucket) => number
  readonly #onPermits: NonNullable<PacerOptions['onPermits']>
  readonly #onLimit: NonNullable<PacerOptions['onLimit']>
  readonly #queue: SlotQueue
  readonly #lanes: Map<Bucket, Lane>
  readonly #silent = new SilentCalls()
  /** What has a permit and waits for a slot. */
  readonly #unbegun = new Set<Admitted>()
  #slots: Slots
  /** Requests with a permit that are not sent yet or are being sent. */
  #admitted = 0
  /** Whether all times are Okta's. */
  #isDated: boolean
  #stopped = false
  #waking = false
  #underWay = 0
  #silenceTimer: NodeJS.Timeout | null = null

  constructor(options: PacerOptions) {
    this.#clock = options.clock
    this.#ledger = options.ledger
    this.#workLeft = options.workLeft
    this.#onPermits = options.onPermits ?? (() => {})
    this.#onLimit = options.onLimit ?? (() => {})
    this.#isDated = options.clock.known
    this.#slots = newSlots(options.concurrency)
    this.#queue = new SlotQueue(this.#slots.size)
    this.#lanes = new Map(buckets.map((bucket) => [bucket, newLane(bucket, this.#ledger.budget(bucket))]))
  }

  /**
   * Waits for a slot and a permit, then prepares and sends the request.
   *
   * @returns the answer, or null if the request was withdrawn
   * @throws RunStopped when the run stops before the request could leave
   */
  request(bucket: Bucket, request: PacedRequest): Promise<Answer | null> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(new RunStopped())
        return
      }
      const lane = this.#lane(bucket)
      const waiters = request.ahead === true ? lane.waitingAhead : lane.waiting
      const waiter = { request, resolve, reject }
      if (request.first === true) waiters.unshift(waiter)
      else waiters.push(waiter)
      this.#wake()
    })
  }

  /** Rejects all waiting and all new requests, and gives their permits back. Requests under way go on. */
  stop(): void {
    this.#stopped = true
    for (const { lane, permit, waiter } of this.#unbegun) {
      waiter.reject(new RunStopped())
      this.#release(lane, permit, { kind: 'unused' })
    }
    this.#unbegun.clear()
    for (const lane of this.#lanes.values()) {
      if (lane.timer !== null) clearTimeout(lane.timer)
      lane.timer = null
      for (const waiter of [...lane.waiting.splice(0), ...lane.waitingAhead.splice(0)]) {
        waiter.reject(new RunStopped())
      }
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue.whenIdle()
  }

  /** The length of a bucket's window in milliseconds, as far as known. */
  windowMs(bucket: Bucket): number {
    return this.#ledger.budget(bucket).windowMs
  }

  /** Whether a bucket's window now has room for everything that the run still has to send in it, and for one more. */
  hasSpare(bucket: Bucket): boolean {
    const { available } = this.#ledger.room(bucket, { workLeft: 0, silent: 0 }, this.#now())
    return available > this.#workLeft(bucket)
  }

  /** The buckets in which nothing may be sent for now, and until when, in epoch ms by Okta's clock. */
  exhausted(): ReadonlyMap<Bucket, number> {
    const now = this.#now()
    const ends = [...this.#lanes.keys()].map(
      (bucket) => [bucket, exhaustedUntil(this.#ledger.budget(bucket))] as const,
    )
    return new Map(ends.filter(([, until]) => until > now))
  }

  report(): readonly BucketReport[] {
    const now = this.#now()
    return [...this.#lanes].map(([bucket, lane]) => reportOf(lane, this.#ledger.budget(bucket), now))
  }

  /** Never later than Okta's own time, once that is known. */
  #now(): number {
    const { correctionMs } = this.#clock
    if (!this.#isDated && correctionMs !== null) {
      this.#isDated = true
      this.#ledger.redate(correctionMs)
    }
    return this.#clock.nowAtLeast()
  }

  #lane(bucket: Bucket): Lane {
    // A bucket that not every run uses gets its lane with its first request.
    const lane = this.#lanes.get(bucket) ?? newLane(bucket, this.#ledger.budget(bucket))
    this.#lanes.set(bucket, lane)
    return lane
  }

  /** Whether a read ahead would be used soon. Not if enough lifecycle calls are waiting already. */
  #mayReadAhead(): boolean {
    const { waiting } = this.#lane(lifecycleBucket)
    const budget = this.#ledger.budget(lifecycleBucket)
    const soon = budget.window === null ? Number.POSITIVE_INFINITY : shareOf(budget, budget.window.limit) / 4
    return waiting.length < Math.max(2, Math.min(this.#slots.size, soon))
  }

  #wake(): void {
    for (const [bucket, lane] of this.#lanes) this.#lease(bucket, lane)
  }

  #lease(bucket: Bucket, lane: Lane): void {
    const waiting = lane.waiting.length + (this.#mayReadAhead() ? lane.waitingAhead.length : 0)
    if (lane.leasing || waiting === 0 || this.#stopped) return
    const now = this.#now()
    const need = { workLeft: this.#workLeft(bucket), silent: lane.silent.count }
    const { available, askAt } = this.#ledger.room(bucket, need, now)
    const size = this.#size()
    const plenty = available >= size * plentyForSlots
    if (plenty && this.#admitted > size * enoughPerSlot) return
    const free = size * (plenty ? admittedPerSlot : 1) - this.#admitted
    if (free <= 0) return
    if (available === 0 && askAt > now) {
      this.#wakeLater(lane, askAt - now)
      return
    }
    const want = Math.min(free, waiting, available > 0 ? available : free)
    this.#admitted += want
    lane.leasing = true
    const end = new Deadline(usedWithinMs)
    const { shown } = lane
    this.#ledger.lease(bucket, want, need, now).then(
      (leased) => this.#start(bucket, lane, { leased, end, shown }, want),
      (error: unknown) => this.#giveUp(lane, want, error),
    )
  }

  #start(bucket: Bucket, lane: Lane, { leased, end, shown }: Lease, wanted: number): void {
    lane.leasing = false
    lane.inFlight += leased.length
    this.#admitted -= wanted - leased.length
    this.#seeLimit(lane)
    const isLate = end.passed
    if (leased.length > 0 && !isLate) this.#onPermits(bucket, leased.length)
    for (const permit of leased) {
      const waiter = isLate ? undefined : (lane.waiting.shift() ?? lane.waitingAhead.shift())
      if (waiter === undefined) {
        this.#release(lane, permit, { kind: 'unused' })
        continue
      }
      const admitted = { lane, permit, end, shown, waiter }
      this.#unbegun.add(admitted)
      this.#queue.add(() => this.#carryOut(bucket, admitted), bucket === lifecycleBucket ? 'call' : 'read')
    }
    this.#wake()
  }

  #giveUp(lane: Lane, wanted: number, error: unknown): void {
    lane.leasing = false
    this.#admitted -= wanted
    // Nobody would ask for those who wait behind.
    for (const waiter of [...lane.waiting.splice(0), ...lane.waitingAhead.splice(0)]) waiter.reject(error)
    this.#wakeSoon()
  }

  /** Prepares a request and sends it, both in its slot. Never rejects. */
  async #carryOut(bucket: Bucket, admitted: Admitted): Promise<void> {
    // The run was stopped before there was a slot.
    if (!this.#unbegun.delete(admitted)) return
    const { lane, permit, end, shown, waiter } = admitted
    const { request, resolve, reject } = waiter
    const mayLeave = (): boolean => !end.passed
    let outcome: BudgetAnswer = { kind: 'unused' }
    try {
      // A refusal that came after the permit holds for this request too. And a probe is for what no answer has shown.
      if (!mayLeave() || this.#isClosed(bucket) || (permit.probe && lane.shown > shown)) {
        const waiters = request.ahead === true ? lane.waitingAhead : lane.waiting
        waiters.unshift(waiter)
        return
      }
      if (request.prepare !== undefined && !(await request.prepare(mayLeave))) {
        resolve(null)
        return
      }
      const { cuts } = this.#slots
      outcome = { kind: 'lost' }
      const answer = await this.#send(lane, request, mayLeave)
      lane.used++
      this.#countResends(bucket, lane, answer.resends ?? 0)
      outcome = budgetAnswer(answer)
      this.#adapt(answer, cuts)
      resolve(answer)
    } catch (error) {
      reject(error)
    } finally {
      this.#release(lane, permit, outcome)
      this.#wakeSoon()
    }
  }

  #isClosed(bucket: Bucket): boolean {
    return this.#now() < this.#ledger.budget(bucket).closedUntil
  }

  /** Counts every sending of a call except the last: they had no permits of their own, but used up the window too. */
  #countResends(bucket: Bucket, lane: Lane, count: number): void {
    if (count === 0) return
    lane.used += count
    this.#onPermits(bucket, count)
    this.#ledger.resent(bucket, count, this.#now())
  }

  /** Takes in the outcome of the request that had this permit. */
  #release(lane: Lane, permit: Permit, answer: BudgetAnswer): void {
    this.#admitted--
    lane.inFlight--
    if ('rateLimit' in answer && answer.rateLimit !== null) lane.shown++
    this.#ledger.settle(lane.bucket, permit, answer, this.#now())
    this.#seeLimit(lane)
  }

  /** Wakes once for all requests that end in the same turn of the event loop. */
  #wakeSoon(): void {
    if (this.#waking) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      this.#wake()
    })
  }

  #seeLimit(lane: Lane): void {
    const limit = lastLimit(this.#ledger.budget(lane.bucket))
    if (limit === null || limit === lane.limit) return
    lane.limit = limit
    this.#onLimit(lane.bucket, limit)
  }

  #adapt(answer: Answer, cutsWhenSent: number): void {
    if (answer.kind !== 'answered') return
    this.#slots = isConcurrencyLimit(answer)
      ? slotsAfterConcurrencyLimit(this.#slots, this.#queue.busy, cutsWhenSent)
      : slotsAfterSuccess(this.#slots)
    this.#queue.resize(this.#size())
  }

  /** The slots for calls that are answered as usual, plus one for each silent call. */
  #size(): number {
    return this.#slots.size + Math.min(mostSilent, this.#silent.count)
  }

  async #send(lane: Lane, request: PacedRequest, mayLeave: () => boolean): Promise<Answer> {
    const call = this.#silent.sent()
    let callOfLane: number | null = null
    // A call that waits for its access token has not left: while no limit is known, no other may take its place.
    const leaves = (): boolean => {
      const may = mayLeave()
      if (may) callOfLane ??= lane.silent.sent()
      return may
    }
    this.#underWay++
    this.#silenceTimer ??= setInterval(() => this.#makeRoom(), lookForSilenceMs)
    let answered = false
    try {
      const answer = await request.send(leaves)
      answered = answer.kind === 'answered'
      return answer
    } finally {
      this.#silent.ended(call, answered)
      if (callOfLane !== null) lane.silent.ended(callOfLane, answered)
      this.#underWay--
      if (this.#underWay === 0 && this.#silenceTimer !== null) {
        clearInterval(this.#silenceTimer)
        this.#silenceTimer = null
      }
    }
  }

  /** Lets other requests take the place of calls that have fallen silent. */
  #makeRoom(): void {
    if (this.#silent.count === 0 || this.#stopped) return
    this.#queue.resize(this.#size())
    this.#wake()
  }

  #wakeLater(lane: Lane, delayMs: number): void {
    if (lane.timer !== null) clearTimeout(lane.timer)
    lane.timer = setTimeout(
      () => {
        lane.timer = null
        this.#wake()
      },
      Math.min(Math.max(1, Math.ceil(delayMs)), 60_000),
    )
  }
}
