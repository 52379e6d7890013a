import { type Answer, isOktas } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import { isConcurrencyLimit } from '../okta/classify.ts'
import type { BudgetAnswer } from './budget-events.ts'
import { type BudgetState, type BudgetWindow, endOf, isProbing, shareOf } from './budget-state.ts'
import { lastLimit } from './ledger.ts'
import { othersUntilEnd, rateOfOthers } from './others.ts'
import { looksInWindow, permits, roomForProbeAt } from './permits.ts'
import { SilentCalls } from './silent-calls.ts'

/**
 * Whether the permit of a request still holds. To be asked right before its first byte leaves, since a process may be
 * stopped at any moment, and go on long after.
 */
type MayLeave = () => boolean

/** A request for the pacer. */
export interface PacedRequest {
  /**
   * Prepares the request once it has its slot and its permit, right before it leaves. A lifecycle call writes its
   * intent to disk here. False withdraws the request: nothing is sent, and the permit is returned.
   */
  readonly prepare?: (mayLeave: MayLeave) => Promise<boolean>
  readonly send: (mayLeave: MayLeave) => Promise<Answer>
  /**
   * Marks a read for later work. It waits while enough lifecycle calls wait to be sent, because what is read too early
   * is out of date when it is needed.
   */
  readonly ahead?: boolean
  /** Whether it goes before all others that wait in its bucket: its answer shows whether they can be answered at all. */
  readonly first?: boolean
}

/** The state of a bucket, for progress and the summary. */
export interface BucketReport {
  readonly bucket: Bucket
  /** The limit that the headers last showed; null if no headers came. */
  readonly limit: number | null
  /** The most that this run sends in a window, by the limit that was last known; null if none is. */
  readonly allowance: number | null
  /** Requests sent in this execution. */
  readonly used: number
  readonly windowSeconds: number
  /** Requests that are sent and not answered yet. */
  readonly inFlight: number
  /**
   * What others are likely to leave of the allowance in a window, if they go on at their rate so far: at least the requests
   * that find out whether they do. Null if no limit is known.
   */
  readonly likely: number | null
  /**
   * What is left of the share in the open window, without what others are likely to use, and when the window ends, in
   * epoch ms by Okta's clock. Null before the first window.
   */
  readonly leftNow: number | null
  readonly endsAt: number | null
  /**
   * After a refusal, or because earlier requests may have used up the window, nothing is sent before this time, in epoch ms
   * by Okta's clock; 0 if there was none.
   */
  readonly closedUntil: number
  /** What requests in the bucket wait for; null if none wait, or if they wait only for a free slot. */
  readonly waiting: BucketWait | null
}

/** Why a bucket sends nothing, and until when at the latest, in epoch ms by Okta's clock. */
interface BucketWait {
  readonly why: 'refused' | 'share_used' | 'others'
  readonly until: number
}

/** A request that waits for a slot and a permit. */
export interface Waiter {
  readonly request: PacedRequest
  readonly resolve: (answer: Answer | null) => void
  readonly reject: (error: unknown) => void
}

/** A bucket with its waiting requests. Its budget is in the ledger. */
export interface Lane {
  readonly bucket: Bucket
  /** The limit that was last reported. */
  limit: number | null
  readonly waiting: Waiter[]
  /** Waiting requests with {@link PacedRequest.ahead}. */
  readonly waitingAhead: Waiter[]
  leasing: boolean
  /** Requests of this process with a permit and without an answer. */
  inFlight: number
  timer: NodeJS.Timeout | null
  used: number
  /** How many answers have shown a window of the bucket. */
  shown: number
  /** Only calls that have left: they ask whether they may, right before. */
  readonly silent: SilentCalls
}

/** A lane with nothing waiting. */
export function newLane(bucket: Bucket, budget: BudgetState): Lane {
  return {
    bucket,
    limit: lastLimit(budget),
    waiting: [],
    waitingAhead: [],
    leasing: false,
    inFlight: 0,
    timer: null,
    used: 0,
    shown: 0,
    silent: new SilentCalls(),
  }
}

/** The report on a lane. */
export function reportOf(lane: Lane, budget: BudgetState, now: number): BucketReport {
  const { bucket, used, inFlight } = lane
  const { window, share, closedUntil } = budget
  const limit = window?.limit ?? null
  const known = lastLimit(budget)
  const allowance = known === null ? null : shareOf({ share, caution: 1 }, known)
  return {
    bucket,
    limit,
    allowance,
    used,
    inFlight,
    likely: allowance === null ? null : likelyIn(budget, allowance),
    leftNow: window === null || allowance === null ? null : leftIn(budget, window, allowance),
    endsAt: window === null ? null : endOf(window),
    closedUntil: Math.max(closedUntil, fullUntil(budget, now)),
    windowSeconds: (window?.likelyMs ?? budget.windowMs) / 1000,
    waiting: waitOf(lane, budget, now),
  }
}

function leftIn(budget: BudgetState, window: BudgetWindow, allowance: number): number {
  const toUs = window.remaining - budget.inFlight - othersUntilEnd(budget, window)
  return Math.max(0, Math.min(allowance - window.spent, toUs))
}

function likelyIn(budget: BudgetState, allowance: number): number {
  const { window, windowMs } = budget
  if (window === null) return allowance
  const toUs = Math.floor(window.limit - rateOfOthers(budget, window) * windowMs)
  return Math.min(allowance, Math.max(looksInWindow, toUs))
}

/**
 * Until when a window that has not been seen yet has no room for us, because of what was sent before, in epoch ms by
 * Okta's clock; 0 if it has.
 */
function fullUntil(budget: BudgetState, now: number): number {
  const until = isProbing(budget, now) ? roomForProbeAt(budget, now) : 0
  return until > now ? until : 0
}

function waitOf({ waiting, waitingAhead }: Lane, budget: BudgetState, now: number): BucketWait | null {
  if (waiting.length + waitingAhead.length === 0) return null
  if (now < budget.closedUntil) return { why: 'refused', until: budget.closedUntil }
  const full = fullUntil(budget, now)
  if (full > now) return { why: 'share_used', until: full }
  const { window } = budget
  if (window === null || now >= endOf(window) || permits(budget, now) > 0) return null
  const used = window.spent >= shareOf(budget, window.limit)
  return { why: used ? 'share_used' : 'others', until: endOf(window) }
}

/** What the budget learns from an answer. */
export function budgetAnswer(answer: Answer): BudgetAnswer {
  if (answer.kind === 'unanswered') {
    return answer.mayHaveBeenSent ? { kind: 'lost' } : { kind: 'unused' }
  }
  if (isConcurrencyLimit(answer)) return { kind: 'nothing_learned' }
  const { rateLimit, retryAfterMs, httpStatus } = answer
  if (httpStatus === 429) return { kind: 'rate_limited', rateLimit, retryAfterMs }
  // What something on the way to Okta has given up may still arrive there.
  if (httpStatus >= 500 && !isOktas(answer)) return { kind: 'lost' }
  return { kind: 'answered', rateLimit }
}
