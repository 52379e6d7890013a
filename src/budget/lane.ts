import type { Answer } from '../okta/answer.ts'
import type { Bucket } from '../okta/bucket.ts'
import { isConcurrencyLimit } from '../okta/classify.ts'
import type { BudgetAnswer } from './budget-events.ts'
import { type BudgetState, endOf, newBudget, shareOf } from './budget-state.ts'
import { permits } from './permits.ts'

/** One request to be paced. */
export interface PacedRequest {
  /**
   * What has to be done before the request may leave, in its slot and with its permit: for a lifecycle call the intent on
   * disk. What is prepared leaves at once.
   * False withdraws the request: nothing is sent, and the permit is given back.
   */
  readonly prepare?: () => Promise<boolean>
  readonly send: () => Promise<Answer>
  /**
   * A read for work that comes later. It waits while as many lifecycle calls wait as can be sent soon: what is read too
   * early is too old when its turn comes.
   */
  readonly ahead?: boolean
}

/** What a bucket looks like now, for progress and the summary. */
export interface BucketReport {
  readonly bucket: Bucket
  /** As the headers last showed it; null where none came. */
  readonly limit: number | null
  /** Most that this run sends in a window; null where no limit is known. */
  readonly allowance: number | null
  /** Requests sent in this execution. */
  readonly used: number
  readonly windowSeconds: number
  /** What those who wait in the bucket wait for; null while nobody waits, or only for a free slot. */
  readonly waiting: BucketWait | null
}

/** Why nothing leaves in a bucket, and until when at the latest, in epoch ms by Okta's clock. */
export interface BucketWait {
  readonly why: 'refused' | 'share_used' | 'others'
  readonly until: number
}

/** Someone who waits for a slot and a permit. */
export interface Waiter {
  readonly request: PacedRequest
  readonly resolve: (answer: Answer | null) => void
  readonly reject: (error: unknown) => void
}

/** A bucket, its budget, and who waits in it. */
export interface Lane {
  budget: BudgetState
  readonly waiting: Waiter[]
  /** Those who wait for {@link PacedRequest.ahead}. */
  readonly waitingAhead: Waiter[]
  leasing: boolean
  timer: NodeJS.Timeout | null
  used: number
}

/** A lane in which nothing is known and nobody waits. */
export function newLane(share: number, earlierSends: readonly number[]): Lane {
  return {
    budget: newBudget(share, earlierSends),
    waiting: [],
    waitingAhead: [],
    leasing: false,
    timer: null,
    used: 0,
  }
}

/** What a lane looks like from outside. */
export function reportOf(bucket: Bucket, lane: Lane, now: number): BucketReport {
  const { budget, used } = lane
  const limit = budget.window?.limit ?? null
  return {
    bucket,
    limit,
    allowance: limit === null ? null : shareOf({ share: budget.share, caution: 1 }, limit),
    used,
    windowSeconds: budget.windowMs / 1000,
    waiting: waitOf(lane, now),
  }
}

function waitOf({ budget, waiting, waitingAhead }: Lane, now: number): BucketWait | null {
  if (waiting.length + waitingAhead.length === 0) return null
  if (now < budget.closedUntil) return { why: 'refused', until: budget.closedUntil }
  const { window } = budget
  if (window === null || now >= endOf(window) || permits(budget, now) > 0) return null
  const used = window.spent >= shareOf(budget, window.limit)
  return { why: used ? 'share_used' : 'others', until: endOf(window) }
}

/** What an answer tells the budget. */
export function budgetAnswer(answer: Answer): BudgetAnswer {
  if (answer.kind === 'unanswered') {
    return answer.mayHaveBeenSent ? { kind: 'nothing_learned' } : { kind: 'unused' }
  }
  if (isConcurrencyLimit(answer)) return { kind: 'nothing_learned' }
  const { rateLimit, retryAfterMs } = answer
  return answer.httpStatus === 429
    ? { kind: 'rate_limited', rateLimit, retryAfterMs }
    : { kind: 'answered', rateLimit }
}
