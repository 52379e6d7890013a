import PQueue from 'p-queue'
import type { Answer } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import { buckets } from '../okta/bucket.ts'
import { isConcurrencyLimit } from '../okta/classify.ts'
import type { OktaClock } from '../okta/clock.ts'
import {
  answered,
  type BudgetAnswer,
  type BudgetState,
  changesAt,
  newBudget,
  type Permit,
  permits,
  sent,
} from './budget.ts'
import type { Ledger } from './ledger.ts'
import { newSlots, type Slots, slotsAfterConcurrencyLimit, slotsAfterSuccess } from './slots.ts'

/** Sends one request, or decides at the last moment not to (null): then the permit is given back. */
export type Send = () => Promise<Answer | null>

/** Thrown to those who still wait for a slot and a permit when the run stops. */
export class PacerStopped extends Error {
  constructor() {
    super('The run is stopping: nothing more is sent.')
    this.name = 'PacerStopped'
  }
}

export interface PacerOptions {
  /** Requests under way at once, at most. */
  readonly concurrency: number
  readonly share: number
  readonly clock: OktaClock
  readonly ledger: Ledger
  /** Times by Okta's clock at which an earlier sitting sent lifecycle calls. */
  readonly earlierSends: readonly number[]
}

/** What a bucket looks like now, for progress and the summary. */
export interface BucketReport {
  readonly bucket: Bucket
  /** As the headers last showed it; null where none came. */
  readonly limit: number | null
  /** Most that this run sends in a window; null where no limit is known. */
  readonly allowance: number | null
  /** Requests sent in this sitting. */
  readonly used: number
  readonly windowSeconds: number
}

interface Waiter {
  readonly send: Send
  readonly resolve: (answer: Answer | null) => void
  readonly reject: (error: unknown) => void
}

interface Lane {
  budget: BudgetState
  readonly waiting: Waiter[]
  leasing: boolean
  timer: NodeJS.Timeout | null
  used: number
}

/**
 * Lets requests go when a slot and a permit are there together.
 *
 * Who waits holds neither. When slots are free, as many permits as there are slots and waiters are leased from the
 * ledger at once; each then starts in its slot of the queue. Lifecycle calls come before reads.
 */
export class Pacer {
  readonly #clock: OktaClock
  readonly #ledger: Ledger
  readonly #queue: PQueue
  readonly #lanes: ReadonlyMap<Bucket, Lane>
  #slots: Slots
  #leased = 0
  #stopped = false

  constructor(options: PacerOptions) {
    this.#clock = options.clock
    this.#ledger = options.ledger
    this.#slots = newSlots(options.concurrency)
    this.#queue = new PQueue({ concurrency: options.concurrency })
    this.#lanes = new Map(
      buckets.map((bucket) => [
        bucket,
        {
          budget: newBudget(options.share, bucket === '/api/v1/users' ? options.earlierSends : []),
          waiting: [],
          leasing: false,
          timer: null,
          used: 0,
        },
      ]),
    )
  }

  /**
   * Waits for a slot and a permit, then sends.
   *
   * @returns the answer, or null where `send` decided not to
   * @throws PacerStopped where the run stops before the request could go
   */
  request(bucket: Bucket, send: Send): Promise<Answer | null> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(new PacerStopped())
        return
      }
      this.#lane(bucket).waiting.push({ send, resolve, reject })
      this.#wake()
    })
  }

  /** Turns away all who wait and all who come. What is under way goes on. */
  stop(): void {
    this.#stopped = true
    for (const lane of this.#lanes.values()) {
      if (lane.timer !== null) clearTimeout(lane.timer)
      lane.timer = null
      for (const waiter of lane.waiting.splice(0)) waiter.reject(new PacerStopped())
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue.onIdle()
  }

  /** The length of a bucket's window in milliseconds, as far as it is known. */
  windowMs(bucket: Bucket): number {
    return this.#lane(bucket).budget.windowMs
  }

  report(): readonly BucketReport[] {
    return [...this.#lanes].map(([bucket, { budget, used }]) => {
      const limit = budget.window?.limit ?? null
      return {
        bucket,
        limit,
        allowance: limit === null ? null : Math.max(1, Math.floor(budget.share * limit)),
        used,
        windowSeconds: budget.windowMs / 1000,
      }
    })
  }

  #lane(bucket: Bucket): Lane {
    const lane = this.#lanes.get(bucket)
    if (lane === undefined) throw new Error(`No such bucket: ${bucket}`)
    return lane
  }

  #freeSlots(): number {
    return this.#slots.size - this.#queue.pending - this.#queue.size - this.#leased
  }

  #wake(): void {
    for (const [bucket, lane] of this.#lanes) this.#lease(bucket, lane)
  }

  #lease(bucket: Bucket, lane: Lane): void {
    if (lane.leasing || lane.waiting.length === 0 || this.#stopped) return
    const free = this.#freeSlots()
    if (free <= 0) return
    const now = this.#clock.nowAtLeast()
    const available = permits(lane.budget, now)
    if (available === 0) {
      this.#wakeLater(lane, changesAt(lane.budget, now) - now)
      return
    }
    const count = Math.min(free, lane.waiting.length, available)
    const leased: Permit[] = []
    for (let i = 0; i < count; i++) {
      const { state, permit } = sent(lane.budget, now)
      lane.budget = state
      leased.push(permit)
    }
    this.#leased += count
    lane.leasing = true
    // Where no limit is known there is nothing to keep account of: how many are in flight is the whole rule.
    const taken =
      lane.budget.window === null ? Promise.resolve() : this.#ledger.take(bucket, available, count)
    taken.then(
      () => this.#start(lane, leased),
      (error: unknown) => this.#giveUp(lane, leased, error),
    )
  }

  #start(lane: Lane, leased: readonly Permit[]): void {
    lane.leasing = false
    this.#leased -= leased.length
    for (const permit of leased) {
      const waiter = lane.waiting.shift()
      if (waiter === undefined) this.#learn(lane, permit, { kind: 'unused' })
      else void this.#queue.add(() => this.#send(lane, permit, waiter))
    }
    this.#wake()
  }

  #giveUp(lane: Lane, leased: readonly Permit[], error: unknown): void {
    lane.leasing = false
    this.#leased -= leased.length
    for (const permit of leased) {
      this.#learn(lane, permit, { kind: 'unused' })
      lane.waiting.shift()?.reject(error)
    }
  }

  async #send(lane: Lane, permit: Permit, waiter: Waiter): Promise<void> {
    const underWay = this.#queue.pending
    try {
      const answer = await waiter.send()
      if (answer !== null) lane.used++
      this.#learn(lane, permit, budgetAnswer(answer))
      this.#adapt(answer, underWay)
      waiter.resolve(answer)
    } catch (error) {
      this.#learn(lane, permit, { kind: 'nothing_learned' })
      waiter.reject(error)
    } finally {
      // Once this slot is free again, which it is after this turn.
      setImmediate(() => this.#wake())
    }
  }

  #learn(lane: Lane, permit: Permit, answer: BudgetAnswer): void {
    lane.budget = answered(lane.budget, permit, answer, this.#clock.nowAtLeast())
  }

  #adapt(answer: Answer | null, underWay: number): void {
    if (answer?.kind !== 'answered') return
    this.#slots = isConcurrencyLimit(answer)
      ? slotsAfterConcurrencyLimit(this.#slots, underWay)
      : slotsAfterSuccess(this.#slots)
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

function budgetAnswer(answer: Answer | null): BudgetAnswer {
  if (answer === null) return { kind: 'unused' }
  if (answer.kind === 'unanswered') {
    return answer.mayHaveBeenSent ? { kind: 'nothing_learned' } : { kind: 'unused' }
  }
  if (isConcurrencyLimit(answer)) return { kind: 'nothing_learned' }
  return { kind: answer.httpStatus === 429 ? 'rate_limited' : 'answered', rateLimit: answer.rateLimit }
}
