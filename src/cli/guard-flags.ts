import { Refusal } from '../messages/known-error.ts'
import type { RunFile } from '../run/run-file.ts'

/** Flags that change a guard's limit. */
export interface GuardFlags {
  readonly maxUsers?: number | undefined
  readonly acceptRefusals?: boolean | undefined
}

/**
 * The run with the guards that flags give it anew.
 *
 * @throws KnownError for a flag that is out of range
 */
export function withGuardFlags(run: RunFile, { maxUsers, acceptRefusals }: GuardFlags): RunFile {
  const accepting = acceptRefusals === true ? { ...run, accept_refusals: true } : run
  if (maxUsers === undefined) return accepting
  if (!Number.isInteger(maxUsers) || maxUsers < 1) {
    throw new Refusal(
      `--max-users is ${maxUsers}; a whole number from 1 was expected.`,
      'okta-lifecycle resume --latest --max-users 500',
    )
  }
  return { ...accepting, job: { ...run.job, guards: { ...run.job.guards, max_users: maxUsers } } }
}
