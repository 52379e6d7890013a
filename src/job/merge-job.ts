import type { z } from 'zod'
import type { HiddenRows } from '../input/input-file.ts'
import type { InputFormat } from '../input/row.ts'
import { KnownError, Refusal } from '../messages/known-error.ts'
import type { Action } from '../okta/actions.ts'
import { duration, parseDuration } from './duration-value.ts'
import { explainIssue } from './explain-issue.ts'
import { inputValues } from './input-values.ts'
import { type Job, type JobFile, jobDefaults, jobValues } from './job.ts'
import { findConflicts, showPath } from './job-rules.ts'
import { mergeNotification } from './notification.ts'
import { nameSteps } from './step.ts'
import { mergeVerification } from './verification.ts'

/** The guards that flags may change, even when a run goes on; undefined if a flag was not given. */
export interface LimitFlags {
  readonly maxUsers?: number | undefined
  /** Above 0, up to 100. */
  readonly maxPercent?: number | undefined
  /** As in the job file: true protects from every action, false turns the guard off. */
  readonly protectAdmins?: boolean | undefined
  /** False turns the guard off for good; true is refused if no group is protected. */
  readonly protectGroups?: boolean | undefined
  readonly maxFailures?: number | undefined
  /** Above 0 and below 1. */
  readonly maxFailureRate?: number | undefined
  /** Such as `2h`. */
  readonly maxDuration?: string | undefined
}

/** What the command line may say about a job; undefined if a flag was not given. Flags win over the job file. */
export interface JobFlags extends LimitFlags {
  readonly name?: string | undefined
  readonly userColumn?: string | undefined
  readonly actionColumn?: string | undefined
  /** From 1. */
  readonly headerLine?: number | undefined
  readonly sheet?: string | undefined
  readonly hiddenRows?: HiddenRows | undefined
  readonly shortNames?: boolean | undefined
  readonly action?: Action | undefined
  /** Above 0, up to 1. */
  readonly share?: number | undefined
  /** From 1 to 1000. */
  readonly concurrency?: number | undefined
  /** True leaves out the read before each action; false and undefined leave it to the job. */
  readonly noRead?: boolean | undefined
  /** True skips invalid rows. */
  readonly skipInvalid?: boolean | undefined
}

const flagValues: readonly (readonly [flag: string, key: keyof JobFlags, schema: z.ZodType])[] = [
  ['--name', 'name', jobValues.name],
  ['--user-column', 'userColumn', jobValues.column],
  ['--action-column', 'actionColumn', jobValues.column],
  ['--header-line', 'headerLine', inputValues.header_line],
  ['--sheet', 'sheet', inputValues.sheet],
  ['--action', 'action', jobValues.action],
  ['--share', 'share', jobValues.share],
  ['--concurrency', 'concurrency', jobValues.concurrency],
  ['--max-users', 'maxUsers', jobValues.max_users],
  ['--max-percent', 'maxPercent', jobValues.max_percent],
  ['--max-failures', 'maxFailures', jobValues.max_failures],
  ['--max-failure-rate', 'maxFailureRate', jobValues.max_failure_rate],
  ['--max-duration', 'maxDuration', duration],
]

/**
 * Merges flags, job file and defaults into a job with nothing left open. `format` is that of the input, which has been
 * settled already. Without a job file the job is named after the action, or `run`.
 * Throws a {@link KnownError} for a flag out of its range, for `action` if the job has steps, and for `noRead` if the
 * job has a guard that needs the read.
 */
export function mergeJob(file: JobFile | null, flags: JobFlags, format: InputFormat): Job {
  checkFlags(flags)
  const given: Partial<JobFile> = file ?? {}
  const readsUsers = flags.noRead === true ? false : (given.read_first ?? jobDefaults.read_first)
  const job: Job = {
    name: flags.name ?? given.name ?? flags.action ?? 'run',
    description: given.description ?? null,
    input: {
      format,
      user_column: flags.userColumn ?? given.input?.user_column ?? null,
      action_column: flags.actionColumn ?? given.input?.action_column ?? null,
      ...mergeRowRules(given.input, flags),
    },
    action: flags.action ?? given.action ?? null,
    steps: given.steps ?? null,
    order: given.order ?? jobDefaults.order,
    options: {
      send_email: given.options?.send_email ?? null,
      respond_async: given.options?.respond_async ?? jobDefaults.respond_async,
      in_doubt: given.options?.in_doubt ?? jobDefaults.in_doubt,
    },
    pace: {
      share: flags.share ?? given.pace?.share ?? jobDefaults.share,
      concurrency: flags.concurrency ?? given.pace?.concurrency ?? jobDefaults.concurrency,
    },
    guards: {
      ...withLimits(limitsOf(given.guards), flags),
      protect: given.guards?.protect ?? jobDefaults.protect,
      only_status: given.guards?.only_status ?? null,
    },
    report: {
      activation_links: given.report?.activation_links ?? null,
      byte_order_mark: given.report?.byte_order_mark ?? jobDefaults.byte_order_mark,
    },
    read_first: readsUsers,
    skip_invalid: flags.skipInvalid ?? jobDefaults.skip_invalid,
    verify: mergeVerification(given.verify, readsUsers),
    notify: mergeNotification(given.notify),
  }
  checkConflicts(job, flags)
  return job
}

type Limits = Pick<
  Job['guards'],
  | 'max_users'
  | 'max_percent'
  | 'unusual'
  | 'max_failures'
  | 'max_failure_rate'
  | 'max_duration_seconds'
  | 'protect_admins'
  | 'protect_groups'
>

function limitsOf(given: JobFile['guards']): Limits {
  return {
    max_users: given?.max_users ?? null,
    max_percent: given?.max_percent ?? null,
    unusual: given?.unusual ?? 'ask',
    max_failures: given?.max_failures ?? null,
    max_failure_rate: given?.max_failure_rate ?? null,
    max_duration_seconds: given?.max_duration ?? null,
    protect_admins: given?.protect_admins ?? null,
    protect_groups: [...new Set(given?.protect_groups ?? jobDefaults.protect_groups)],
  }
}

/**
 * The guards that flags may change, with the changes that the flags ask for.
 *
 * @throws KnownError for a flag out of its range, or one that asks for the impossible
 */
export function withLimits<T extends Limits>(limits: T, flags: LimitFlags): T {
  checkFlags(flags)
  if (flags.protectGroups === true && limits.protect_groups.length === 0) {
    throw new Refusal(
      '--protect-groups: groups to protect were expected, but there are none: the job names none, or --no-protect-groups has turned them off for this run.',
      'Leave out --protect-groups, or name the groups under guards.protect_groups in a job file and start a new run.',
    )
  }
  const { maxUsers, maxPercent, maxFailures, maxFailureRate, maxDuration } = flags
  return {
    ...limits,
    max_users: maxUsers ?? limits.max_users,
    max_percent: maxPercent ?? limits.max_percent,
    max_failures: maxFailures ?? limits.max_failures,
    max_failure_rate: maxFailureRate ?? limits.max_failure_rate,
    max_duration_seconds:
      maxDuration === undefined ? limits.max_duration_seconds : parseDuration(maxDuration),
    protect_admins: flags.protectAdmins ?? limits.protect_admins,
    protect_groups: flags.protectGroups === false ? [] : limits.protect_groups,
  }
}

/**
 * A job with the changes of pace that the flags ask for.
 *
 * @throws KnownError for a flag out of its range
 */
export function withPace(job: Job, flags: Pick<JobFlags, 'share' | 'concurrency'>): Job {
  checkFlags(flags)
  const { share, concurrency } = job.pace
  return { ...job, pace: { share: flags.share ?? share, concurrency: flags.concurrency ?? concurrency } }
}

/** What job and flags say about which rows count, and when. */
function mergeRowRules(
  given: JobFile['input'],
  flags: JobFlags,
): Omit<Job['input'], 'format' | 'user_column' | 'action_column'> {
  const { where, due } = given ?? {}
  return {
    check: given?.check ?? null,
    where:
      where === undefined
        ? null
        : Object.fromEntries(Object.entries(where).map(([column, cells]) => [column, cells.map(String)])),
    due:
      due === undefined
        ? null
        : {
            column: due.column,
            at: due.at ?? null,
            time_zone: due.time_zone ?? null,
            time_zone_column: due.time_zone_column ?? null,
            format: due.format ?? null,
            max_lag_seconds: due.max_lag ?? null,
          },
    short_names: flags.shortNames ?? given?.short_names ?? jobDefaults.short_names,
    header_line: flags.headerLine ?? given?.header_line ?? null,
    sheet: flags.sheet ?? given?.sheet ?? null,
    hidden_rows: flags.hiddenRows ?? given?.hidden_rows ?? jobDefaults.hidden_rows,
    empty: given?.empty ?? jobDefaults.empty,
  }
}

function checkFlags(flags: JobFlags): void {
  for (const [flag, key, schema] of flagValues) {
    const value = flags[key]
    if (value === undefined) continue
    const parsed = schema.safeParse(value, { error: explainIssue })
    if (parsed.success) continue
    throw new Refusal(
      `${flag}: ${parsed.error.issues[0]?.message ?? 'another value was expected'}`,
      `Correct or leave out ${flag}; okta-lifecycle run --help shows examples.`,
    )
  }
}

function checkConflicts(job: Job, flags: JobFlags): void {
  const [conflict] = findConflicts(job)
  if (conflict === undefined) return
  const place = showPath(conflict.path)
  if (conflict.kind === 'action_and_steps' && flags.action !== undefined) {
    throw new Refusal(
      `--action ${flags.action}: a job without steps was expected, but the job has steps: ${nameSteps(job.steps ?? [])}`,
      'Leave out --action, or name a job file without steps.',
    )
  }
  if (conflict.kind === 'guard_needs_read' && flags.noRead === true) {
    throw new Refusal(
      `--no-read: a job without a guard that needs the read was expected, but the job has ${place}`,
      `Leave out --no-read, or take ${place} out of the job file.`,
    )
  }
  throw new Refusal(`${place}: ${conflict.message}`, 'Correct the job file.')
}
