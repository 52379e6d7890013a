import { type RunFile, runsUpTo } from '../run/run-file.ts'
import { type UndoInput, undoColumns } from './begin-undo.ts'

/** What an undo's `run.json` is made of, besides the run that it takes back. */
export interface UndoParts {
  readonly runId: string
  readonly input: UndoInput
  /** Sentences about what stays as that run left it. */
  readonly notUndone: readonly string[]
  readonly version: string
  readonly now: Date
}

/**
 * The `run.json` of a run that takes back what another one did. The job's guards stay, except `only_status`, which is
 * about the users as they were before. Users are always read, because users who are not as that run left them are left
 * alone.
 */
export function undoRunFile(old: RunFile, { runId, input, notUndone, version, now }: UndoParts): RunFile {
  const { job } = old
  const { copy, survey } = input
  return {
    ...old,
    // What is true of the old run alone is left out, such as its plan and what was unusual about its input.
    retry_of: undefined,
    carried_over: undefined,
    journal_begun: undefined,
    journal_end: undefined,
    put_back: undefined,
    journal_head: undefined,
    closed_by: undefined,
    closed_from: undefined,
    plan: undefined,
    unusual: undefined,
    input_passed: undefined,
    not_undone: undefined,
    run_id: runId,
    created_at: now.toISOString(),
    versions: { okta_lifecycle: version, node: process.version },
    job: {
      ...job,
      description: `Takes back what run ${old.run_id} did`,
      input: {
        ...job.input,
        format: 'csv',
        user_column: 'user',
        action_column: 'action',
        check: null,
        where: null,
        due: null,
        short_names: false,
        header_line: null,
        sheet: null,
        empty: 'ok',
      },
      action: null,
      steps: null,
      order: 'user',
      guards: { ...job.guards, only_status: null },
      report: { ...job.report, activation_links: null },
      read_first: true,
    },
    input: {
      ...copy,
      name: `undo of ${old.run_id}`,
      format: 'csv',
      encoding: 'utf-8',
      rows: survey.rows,
      tasks: survey.tasks,
      users: survey.distinctUsers,
      columns: [...undoColumns],
      mapping: { user: 'user', action: 'action', send_email: null, addresses: false },
    },
    owner: null,
    confirmed: true,
    undo_of: old.run_id,
    earlier_runs: runsUpTo(old),
    ...(notUndone.length === 0 ? {} : { not_undone: [...notUndone] }),
    state: 'new',
    reason: null,
  }
}
