/**
 * The rate-limit buckets that every run's calls count in, by Okta's path patterns. Lifecycle calls, lists of users and
 * paths below a user (factors, roles) share one counter; reading one user has its own, and so have paths below a group.
 * Everything else, such as the list of role assignees, counts in `/api/v1`. Source: Okta's rate limit reference, and a
 * recorded trace of one token's counters.
 */
export const buckets = ['/api/v1/users', '/api/v1/users/{id}', '/api/v1/users/me'] as const

/** The bucket of lifecycle calls, whose limit sets the pace of a run. */
export const lifecycleBucket = buckets[0]

/** Buckets that only guards use. */
type GuardBucket = '/api/v1/groups/{id}' | '/api/v1'

export type Bucket = (typeof buckets)[number] | GuardBucket
