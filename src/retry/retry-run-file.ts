import { type RunFile, runsUpTo } from '../run/run-file.ts'
import type { Retry } from './begin-retry.ts'

/** The `run.json` of a run that retries another one. */
export function retryRunFile(
  old: RunFile,
  runId: string,
  retry: Retry,
  inDoubt: 'keep' | 'retry' | undefined,
  version: string,
  now: Date,
): RunFile {
  const { job } = old
  return {
    ...old,
    run_id: runId,
    created_at: now.toISOString(),
    versions: { okta_lifecycle: version, node: process.version },
    job: {
      ...job,
      // The new input is written from scratch, with its header in the first line.
      input: { ...job.input, format: retry.format, header_line: null, sheet: null },
      options: { ...job.options, in_doubt: inDoubt ?? job.options.in_doubt },
    },
    input: {
      ...old.input,
      ...retry.copy,
      format: retry.format,
      encoding: 'utf-8',
      rows: retry.rows,
      tasks: retry.tasks,
      users: retry.survey.distinctUsers,
      due_users: retry.survey.dueUsers,
      repeated_rows: retry.survey.duplicateRows,
    },
    owner: null,
    // A retry decides afresh about what failed: a plan is carried out only once.
    plan: undefined,
    confirmed: true,
    retry_of: old.run_id,
    earlier_runs: runsUpTo(old),
    carried_over: retry.carriedOver,
    journal_begun: undefined,
    journal_end: undefined,
    put_back: undefined,
    journal_head: undefined,
    input_passed: undefined,
    closed_by: undefined,
    closed_from: undefined,
    state: 'new',
    reason: null,
  }
}
