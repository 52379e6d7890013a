import { KnownError } from '../messages/known-error.ts'
import type { RunFile } from '../run/run-file.ts'

/**
 * A run whose guards are taken anew, where flags give them.
 *
 * @throws KnownError for a flag out of its range
 */
export function withGuardFlags(run: RunFile, maxUsers: number | undefined): RunFile {
  if (maxUsers === undefined) return run
  if (!Number.isInteger(maxUsers) || maxUsers < 1) {
    throw new KnownError(
      `--max-users is ${maxUsers}; a whole number from 1 was expected.`,
      'okta-lifecycle resume --latest --max-users 500',
    )
  }
  return { ...run, job: { ...run.job, guards: { ...run.job.guards, max_users: maxUsers } } }
}
