/**
 * The counters of Okta's rate limits that the sandbox's calls count in, by Okta's own names: lifecycle calls, lists and
 * a user's sub-resources; reading one user; changing or deleting one; the token's owner; all groups; one group and the
 * paths below it; tokens of service apps; everything else.
 */
export const buckets = [
  '/api/v1/users',
  '/api/v1/users/{id:.+}',
  '/api/v1/users/{id}',
  '/api/v1/users/me',
  '/api/v1/groups',
  '/api/v1/groups/{id}',
  '/oauth2/v1',
  '/api/v1',
] as const

export type Bucket = (typeof buckets)[number]

/** The org's limit of each bucket, in requests a window, from 1. */
export type Limits = Readonly<Record<Bucket, number>>

/**
 * What a Workforce org has by default, in requests a minute.
 * Source: the last table of default limits that Okta published.
 */
export const defaultLimits: Limits = {
  '/api/v1/users': 600,
  '/api/v1/users/{id:.+}': 2000,
  '/api/v1/users/{id}': 600,
  '/api/v1/users/me': 1200,
  '/api/v1/groups': 1200,
  '/api/v1/groups/{id}': 1200,
  '/oauth2/v1': 2000,
  '/api/v1': 1200,
}

/**
 * Requests under way at once that a Workforce org allows by default.
 * Source: Okta's description of the limit on concurrency.
 */
export const defaultConcurrency = 75

/** How an org limits its clients. */
export interface RateLimitRules {
  readonly limits: Limits
  /** A client's cap within each of the org's limits, in percent, above 0 to 100. Okta's default is 50. */
  readonly clientPercent: number
  /** The length of a window in whole seconds, from 1. Okta's is 60. */
  readonly windowSeconds: number
}
