/**
 * The rate-limit buckets that the program's calls count in, by Okta's path patterns. Lifecycle calls, lists of users and
 * what lies below a user (factors, roles) share one counter; reading one user has its own, and so has what lies below
 * a group. Everything else, such as the list of role assignees, counts in the last one. Source: Okta's rate limit
 * reference, and a recorded trace of one token's counters.
 */
export const buckets = [
  '/api/v1/users',
  '/api/v1/users/{id}',
  '/api/v1/users/me',
  '/api/v1/groups/{id}',
  '/api/v1',
] as const

export type Bucket = (typeof buckets)[number]
