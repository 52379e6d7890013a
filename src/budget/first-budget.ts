import type { Bucket } from '../okta/bucket.ts'
import { type BudgetState, newBudget } from './budget-state.ts'
import type { LedgerFacts } from './ledger.ts'

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

/**
 * Takes out one request for each without an answer, the last one that may be it, so that none counts twice. There may
 * be very many of both, so each is looked at once, from the last one on.
 */
function withoutUnanswered(sends: readonly number[], unanswered: readonly number[]): readonly number[] {
  let next = unanswered.length - 1
  const isOther = (time: number): boolean => {
    const leftBy = unanswered[next]
    if (leftBy === undefined || time > leftBy) return true
    next--
    return false
  }
  return sends.toReversed().filter(isOther).toReversed()
}
