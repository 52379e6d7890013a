import type { Bucket } from '../okta/bucket.ts'
import { type BudgetState, newBudget } from './budget-state.ts'
import type { LedgerFacts } from './ledger.ts'

const lifecycleBucket: Bucket = '/api/v1/users'

/**
 * A bucket as an execution begins with it. What earlier executions sent counts by when it was sent; but a call without an
 * answer may arrive much later, in a window that opens after this execution has begun.
 */
export function firstBudget(facts: LedgerFacts, bucket: Bucket): BudgetState {
  const { share, earlierSends, earlierUnanswered = [], earlierLimit, earlierUnknown } = facts
  const unanswered = bucket === lifecycleBucket ? [...earlierUnanswered].sort((a, b) => a - b) : []
  const answered = withoutUnanswered(earlierSends(bucket), unanswered)
  const budget = newBudget(share, answered, earlierLimit?.(bucket) ?? null, earlierUnknown)
  return unanswered.length === 0 ? budget : { ...budget, earlierUnanswered: unanswered }
}

/** Takes out one request for each call without an answer, the last one that may be it, so that none counts twice. */
function withoutUnanswered(sends: readonly number[], unanswered: readonly number[]): readonly number[] {
  const left = [...sends]
  for (const leftBy of unanswered) {
    const at = left.findLastIndex((time) => time <= leftBy)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}
