import { actionsOf, type CheckedInput } from './check-input.ts'
import { type RunFile, runFileVersion } from './run-file.ts'

/** The parts of a new run. */
export interface NewRun {
  readonly runId: string
  readonly now: Date
  /** This program's version. */
  readonly version: string
  readonly checked: CheckedInput
  /** The input as the user named it. */
  readonly source: string
  readonly fromJobFile: boolean
  readonly acceptRefusals: boolean
  readonly orgUrl: string
  /** What is unusual about the input; null if nothing is. */
  readonly unusual: string | null
  readonly acceptUnusual: boolean
  /** The saved plan that is carried out, and the owner of the token that it was made with; null if there is none. */
  readonly plan: { readonly of: NonNullable<RunFile['plan']>; readonly owner: RunFile['owner'] } | null
  /** Whether someone has already agreed to send. */
  readonly yes: boolean
}

/** Builds the `run.json` of a new run. */
export function newRunFile(parts: NewRun): RunFile {
  const { checked, acceptRefusals, plan } = parts
  const { survey, mapping, input, job } = checked
  const actions = actionsOf(checked)
  return {
    format: runFileVersion,
    run_id: parts.runId,
    created_at: parts.now.toISOString(),
    versions: { okta_lifecycle: parts.version, node: process.version },
    job,
    from_job_file: parts.fromJobFile,
    input: {
      name: parts.source,
      ...checked.copy,
      format: job.input.format,
      encoding: input.encoding,
      rows: survey.rows,
      tasks: survey.tasks + survey.invalidRows + survey.notSelectedRows,
      users: survey.distinctUsers,
      due_users: survey.dueUsers,
      repeated_rows: survey.duplicateRows,
      user_sample: {
        hashes: [...survey.sample.hashes],
        whole: survey.sample.whole,
        actions: [...(survey.sample.actions ?? [])],
      },
      ...(actions === null ? {} : { actions: [...actions] }),
      columns: [...mapping.columns],
      mapping: {
        user: mapping.user,
        action: mapping.action,
        send_email: mapping.sendEmail,
        addresses: mapping.addresses,
      },
    },
    org_url: parts.orgUrl,
    owner: plan?.owner ?? null,
    ...(plan === null ? {} : { plan: plan.of }),
    ...(acceptRefusals ? { accept_refusals: true } : {}),
    ...(parts.unusual === null ? {} : { unusual: parts.unusual }),
    ...(parts.acceptUnusual ? { accept_unusual: true } : {}),
    confirmed: parts.yes,
    state: 'new',
    reason: null,
  }
}
