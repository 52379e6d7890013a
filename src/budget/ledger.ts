import type { Bucket } from '../okta/bucket.ts'
import type { BudgetAnswer } from './budget-events.ts'
import type { BudgetState, Permit } from './budget-state.ts'

/**
 * A permit is used within this time of when it was asked for, in ms, or goes back. Who has been silent for 20 s counts as
 * dead to those who share its budget, and later executions know only when a permit was leased: nothing may leave long
 * after.
 */
export const usedWithinMs = 12_000

/** The circumstances of one who asks for permits. */
export interface Need {
  /** Requests that the run still has to send in the bucket. */
  readonly workLeft: number
  /** Requests in flight that have left and whose answer is overdue. */
  readonly silent: number
}

/** What a ledger would give now, as far as it knows without asking anybody. */
export interface Room {
  readonly available: number
  /** When it makes sense to ask if nothing is available, in epoch ms by Okta's clock. Not later than now: at once. */
  readonly askAt: number
}

/**
 * Keeps the budget of each bucket: everything that reads or changes one goes through here. It may be kept in this process
 * ({@link createLocalLedger}), or in one place for several machines. Times are epoch ms by Okta's clock, never later than
 * Okta's own time.
 */
export interface Ledger {
  /** What could be leased now. Costs little: it is asked at each turn. */
  room(bucket: Bucket, need: Need, now: number): Room
  /**
   * Leases permits, at most `want` of them and perhaps none. Only one call at a time for a bucket; `want` is from 1, and
   * at most what {@link room} has shown as available, if it has shown any.
   *
   * @throws what keeps the ledger from ever granting anything again
   */
  lease(bucket: Bucket, want: number, need: Need, now: number): Promise<readonly Permit[]>
  /** Takes in the outcome of the request that had this permit. */
  settle(bucket: Bucket, permit: Permit, answer: BudgetAnswer, now: number): void
  /** Counts requests that have left without a permit of their own. */
  resent(bucket: Bucket, count: number, now: number): void
  /**
   * Okta's time was shown for the first time: what this ledger has dated by this machine's clock belongs `byMs` later. Called
   * once at most, and before anything is dated by Okta's time.
   */
  redate(byMs: number): void
  /** The budget of a bucket, as far as known here. */
  budget(bucket: Bucket): BudgetState
  /** Brings what was settled to where it is kept, and asks for nothing more. */
  close(): Promise<void>
}

/** What a run brings along to a ledger that knows nothing of a bucket yet. */
export interface LedgerFacts {
  readonly share: number
  /** Times by Okta's clock, in epoch ms, at which earlier executions sent requests in a bucket. */
  readonly earlierSends: (bucket: Bucket) => readonly number[]
  /**
   * When each of their requests that may have had no answer had left at the latest, in epoch ms; none by default. They may
   * still arrive, and are among the sends as well. A ledger that several share has them already: it counts what a dead
   * holder had out.
   */
  readonly earlierUnanswered?: (bucket: Bucket) => readonly number[]
  /** The limit that earlier executions last saw in a bucket; null if none is known. */
  readonly earlierLimit?: (bucket: Bucket) => number | null
  /**
   * Until when they were shown that nothing remains in a bucket, in epoch ms by the clock of this execution; 0 by default.
   * A ledger that several share knows it already.
   */
  readonly earlierExhausted?: (bucket: Bucket) => number
  /** Whether they may have sent more than is known; false by default. */
  readonly earlierUnknown?: boolean
}

/** The limit of a bucket that was last seen, in this execution or before; null if none is known. */
export function lastLimit({
  window,
  earlierLimit,
}: Pick<BudgetState, 'window' | 'earlierLimit'>): number | null {
  return window?.limit ?? earlierLimit
}
