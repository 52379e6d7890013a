import type { Bucket } from '../okta/bucket.ts'
import { type BudgetState, newBudget } from './budget-state.ts'
import { type LedgerFacts, usedWithinMs } from './ledger.ts'

/**
 * A bucket as an execution begins with it. What earlier executions sent counts by when it was sent; but a request
 * without an answer may arrive much later, in a window that opens after this execution has begun.
 */
export function firstBudget(facts: LedgerFacts, bucket: Bucket): BudgetState {
  const { share, earlierSends, earlierUnanswered, earlierLimit, earlierUnknown, earlierExhausted } = facts
  // What several runs sent comes run by run.
  const unanswered = byTime(earlierUnanswered?.(bucket) ?? [])
  const answered = withoutUnanswered(byTime(earlierSends(bucket)), unanswered)
  const budget = {
    ...newBudget(share, answered, earlierLimit?.(bucket) ?? null, earlierUnknown),
    closedUntil: earlierExhausted?.(bucket) ?? 0,
  }
  return unanswered.length === 0 ? budget : { ...budget, earlierUnanswered: unanswered }
}

function byTime(times: readonly number[]): readonly number[] {
  return times.toSorted((one, other) => one - other)
}

/** How long after its permit a request has left at the latest, in ms: it begins while the permit holds, then is let go. */
const longestUnsentMs = 2 * usedWithinMs

/**
 * Takes out one request for each without an answer, so that none counts twice: the first one that may be it, because those
 * after it count for longer. There may be very many of both, so each is looked at once.
 */
function withoutUnanswered(sends: readonly number[], unanswered: readonly number[]): readonly number[] {
  let next = 0
  return sends.filter((time) => {
    while (next < unanswered.length && (unanswered[next] ?? 0) < time) next++
    const leftBy = unanswered[next]
    if (leftBy === undefined || time < leftBy - longestUnsentMs) return true
    next++
    return false
  })
}
