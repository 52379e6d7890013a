import type { JournalState } from '../journal/journal-state.ts'
import type { RoleChecks } from '../lookup/role-checks.ts'
import { type Bucket, lifecycleBucket } from '../okta/bucket.ts'
import { verifyingReadsPerTask } from '../rules/verify.ts'
import type { RunFile } from '../run/run-file.ts'

/**
 * The most requests that the rest of an execution needs in a bucket, apart from doubts and verified factors.
 *
 * @param roles looks up each user's roles once, some time before the call; null before that is known, or if it is not
 *   asked for
 */
export function requestsLeftOf(
  { job, input }: RunFile,
  state: JournalState,
  roles: () => RoleChecks | null,
): (bucket: Bucket) => number {
  const users = Math.ceil((input.users * (input.tasks - state.done)) / Math.max(1, input.tasks))
  return (bucket) => {
    const tasks = input.tasks - state.done
    if (bucket === '/api/v1/users/{id}')
      return tasks * ((job.read_first ? 1 : 0) + verifyingReadsPerTask(job))
    if (bucket !== lifecycleBucket || job.guards.protect_admins !== true) return tasks
    return tasks + (roles()?.left(users, tasks) ?? Math.min(users, tasks))
  }
}
