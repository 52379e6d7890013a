import type { LedgerFacts } from '../budget/ledger.ts'
import type { Job } from '../job/job.ts'
import type { JournalState } from '../journal/journal-state.ts'
import type { SentRecently } from '../journal/sent-recently.ts'
import { lifecycleBucket } from '../okta/bucket.ts'
import type { OktaClock } from '../okta/clock.ts'

/**
 * What earlier executions have sent, for the budget of this one.
 *
 * @param sentBefore what else counts: of the runs that this one goes on from, and what this process asked before
 * @param clock of this execution
 */
export function earlierRequests(
  { pace }: Pick<Job, 'pace'>,
  { sentRecently, openCalls, lostSince }: JournalState,
  sentBefore: SentRecently | undefined,
  clock: Pick<OktaClock, 'known' | 'nowAtMost'>,
): Required<Omit<LedgerFacts, 'share'>> {
  const known = sentBefore === undefined ? [sentRecently] : [sentBefore, sentRecently]
  return {
    earlierSends: (bucket) =>
      known.flatMap((sent) => sent.times(bucket, clock.known ? clock.nowAtMost() : null)),
    earlierUnanswered: (bucket) =>
      bucket === lifecycleBucket
        ? // The journal tells which calls had no answer.
          [...known.flatMap((sent) => sent.unanswered), ...openCalls]
        : known.flatMap((sent) => sent.underWay(bucket, pace.concurrency)),
    earlierUnknown: lostSince !== null || sentBefore?.isUnknown === true,
    earlierExhausted: (bucket) => sentBefore?.exhaustedUntil(bucket) ?? 0,
    earlierLimit: (bucket) => sentRecently.limit(bucket) ?? sentBefore?.limit(bucket) ?? null,
  }
}
