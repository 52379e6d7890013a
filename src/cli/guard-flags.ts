import { KnownError } from '../messages/known-error.ts'
import type { RunFile } from '../run/run-file.ts'

/** Flags that decide anew on what a guard stops at. */
export interface GuardFlags {
  readonly maxUsers?: number | undefined
  readonly acceptRefusals?: boolean | undefined
}

/**
 * A run whose guards are taken anew, where flags give them.
 *
 * @throws KnownError for a flag out of its range
 */
export function withGuardFlags(run: RunFile, { maxUsers, acceptRefusals }: GuardFlags): RunFile {
  const accepting = acceptRefusals === true ? { ...run, accept_refusals: true } : run
  if (maxUsers === undefined) return accepting
  if (!Number.isInteger(maxUsers) || maxUsers < 1) {
    throw new KnownError(
      `--max-users is ${maxUsers}; a whole number from 1 was expected.`,
      'okta-lifecycle resume --latest --max-users 500',
    )
  }
  return { ...accepting, job: { ...run.job, guards: { ...run.job.guards, max_users: maxUsers } } }
}
