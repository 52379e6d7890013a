/**
 * The rate-limit buckets that the program's calls count in, by Okta's path patterns. Lifecycle calls and a user's
 * factors share the counter of listing users; reading one user has its own. Source: Okta's rate limit reference, and a
 * recorded trace of one token's counters.
 */
export const buckets = ['/api/v1/users', '/api/v1/users/{id}', '/api/v1/users/me'] as const

export type Bucket = (typeof buckets)[number]
