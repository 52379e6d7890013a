import { type Summary, summaryFiles } from '../../src/report/summary.ts'

export const none = {
  succeeded: 0,
  unchanged: 0,
  failed: 0,
  skipped: 0,
  in_doubt: 0,
  not_run: 0,
  unsettled: 0,
}
export const noSkips = {
  duplicate: 0,
  only_status: 0,
  not_selected: 0,
  not_due: 0,
  other_login: 0,
  protected: 0,
  token_owner: 0,
  invalid_row: 0,
  earlier_step: 0,
  in_doubt: 0,
  superseded: 0,
  changed_since_plan: 0,
  changed_since_run: 0,
}

/** The summary of a run without trouble. */
export const complete: Summary = {
  run_id: '20261124T080000Z-offboarding',
  retry_of: null,
  undo_of: null,
  job: 'offboarding',
  org: 'https://acme.example.com',
  state: 'finished',
  reason: null,
  next: 'nothing, the run is complete',
  exit_code: 0,
  headline: '12 of 12 people are deactivated. Nobody needs you.',
  started_at: '2026-11-24T08:00:00.000Z',
  finished_at: '2026-11-24T08:03:05.000Z',
  duration_seconds: 185,
  executions: 1,
  rows: 12,
  control_totals: { rows: 12, with_tasks: 11, bad: 0, not_selected: 0, not_due: 0, duplicates: 1 },
  people: { total: 12, done: 12, need_you: 0, left_alone: 0 },
  tasks: 24,
  results: { ...none, succeeded: 20, unchanged: 2, skipped: 2 },
  excused: 0,
  actions: {
    suspend: { ...none, succeeded: 10, unchanged: 1, skipped: 1 },
    deactivate: { ...none, succeeded: 10, unchanged: 1, skipped: 1 },
  },
  skipped: { ...noSkips, duplicate: 2 },
  next_due_at: null,
  requests: { total: 45, reads: 24, lifecycle: 20, by_http_status: { '200': 43, '429': 1, none: 1 } },
  retries: { rate_limited: 1, connection: 1, server_errors: 0 },
  budget: [
    { bucket: '/api/v1/users', limit: 300, share: 0.5, used: 21 },
    { bucket: '/api/v1/users/me', limit: null, share: 0.5, used: 1 },
  ],
  files: summaryFiles('runs/20261124T080000Z-offboarding'),
}
