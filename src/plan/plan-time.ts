import { forecast } from '../budget/forecast.ts'
import type { BucketReport } from '../budget/lane.ts'
import { type LookupParts, pacedGet } from '../lookup/paced-get.ts'
import { lifecycleBucket } from '../okta/bucket.ts'
import { lifecycleLimitRequest } from '../okta/request.ts'
import type { PlanRequests } from './plan-schema.ts'

/** How long a run takes, by the limits that were seen. */
export interface PlanForecast {
  readonly seconds: number
  /** Requests a minute in the slowest bucket. */
  readonly perMinute: number
  /** How many lifecycle calls Okta allows, and how many of them the run would use; null if no limit was seen. */
  readonly lifecycleLimit: {
    readonly limit: number
    readonly allowance: number
    readonly windowSeconds: number
  } | null
}

/**
 * Looks up the limit for lifecycle calls, at the cost of one request in their bucket. Sends no lifecycle call. An org
 * that refuses the call or shows no limit leaves it unknown.
 *
 * @throws RunStopped when the plan stops
 */
export async function lookUpLifecycleLimit(parts: LookupParts): Promise<void> {
  await pacedGet(parts, lifecycleLimitRequest())
}

/** Estimates how long a run takes, from what its buckets allow. Null if no bucket that it needs has shown a limit. */
export function forecastRun(requests: PlanRequests, buckets: readonly BucketReport[]): PlanForecast | null {
  let slowest: Pick<PlanForecast, 'seconds' | 'perMinute'> | null = null
  let lifecycleLimit: PlanForecast['lifecycleLimit'] = null
  for (const bucket of buckets) {
    const { limit, allowance, windowSeconds } = bucket
    if (bucket.bucket === lifecycleBucket && limit !== null && allowance !== null)
      lifecycleLimit = { limit, allowance, windowSeconds }
    const count = requestsIn(bucket, requests)
    const found = count === 0 ? null : forecast(count, [{ bucket, perTask: 1 }])
    if (found !== null && found.seconds > (slowest?.seconds ?? 0)) slowest = found
  }
  return slowest === null ? null : { ...slowest, lifecycleLimit }
}

function requestsIn({ bucket }: BucketReport, { reads, roles = 0, lifecycle }: PlanRequests): number {
  if (bucket === lifecycleBucket) return lifecycle + roles
  // The one read of the owner is left out, because it has its own bucket.
  return bucket === '/api/v1/users/{id}' ? reads - roles - 1 : 0
}
