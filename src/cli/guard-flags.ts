import { type LimitFlags, withLimits } from '../job/merge-job.ts'
import type { RunFile } from '../run/run-file.ts'

/** Flags that change a guard of a run. */
export interface GuardFlags extends LimitFlags {
  readonly acceptRefusals?: boolean | undefined
  readonly acceptUnusual?: boolean | undefined
}

/** Arguments of a command that takes `guardOptions`. */
export interface GuardArguments {
  readonly 'max-users'?: number | undefined
  readonly 'max-percent'?: number | undefined
  readonly 'max-failures'?: number | undefined
  readonly 'max-failure-rate'?: number | undefined
  readonly 'max-duration'?: string | undefined
  readonly 'protect-admins'?: boolean | undefined
  readonly 'protect-groups'?: boolean | undefined
  readonly 'accept-refusals'?: boolean | undefined
  readonly 'accept-unusual'?: boolean | undefined
}

/** The guard flags among a command's arguments. */
export function guardFlagsOf(args: GuardArguments): GuardFlags {
  return {
    maxUsers: args['max-users'],
    maxPercent: args['max-percent'],
    maxFailures: args['max-failures'],
    maxFailureRate: args['max-failure-rate'],
    maxDuration: args['max-duration'],
    protectAdmins: args['protect-admins'],
    protectGroups: args['protect-groups'],
    acceptRefusals: args['accept-refusals'],
    acceptUnusual: args['accept-unusual'],
  }
}

/**
 * The run with its guards as the flags change them. They hold from now on.
 *
 * @throws KnownError for a flag that is out of range
 */
export function withGuardFlags(run: RunFile, flags: GuardFlags): RunFile {
  const accepting = flags.acceptRefusals === true ? { ...run, accept_refusals: true } : run
  const passing = flags.acceptUnusual === true ? { ...accepting, accept_unusual: true } : accepting
  return { ...passing, job: { ...run.job, guards: withLimits(run.job.guards, flags) } }
}
