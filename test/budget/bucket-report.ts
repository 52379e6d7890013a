import type { BucketReport } from '../../src/budget/lane.ts'

/** The report on a bucket with half of a limit of 300 for the run, in which nothing has been sent yet. */
export function bucketReport(more: Partial<BucketReport> = {}): BucketReport {
  return {
    bucket: '/api/v1/users',
    limit: 300,
    allowance: 150,
    likely: 150,
    used: 0,
    windowSeconds: 60,
    inFlight: 0,
    leftNow: 150,
    endsAt: null,
    closedUntil: 0,
    waiting: null,
    ...more,
  }
}
