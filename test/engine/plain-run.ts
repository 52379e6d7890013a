import type { Job } from '../../src/job/job.ts'
import type { RunFile } from '../../src/run/run-file.ts'

/** A job with nothing in it but an action. */
export const plainJob: Job = {
  name: 'test',
  description: null,
  input: {
    format: 'csv',
    user_column: null,
    action_column: null,
    check: null,
    where: null,
    due: null,
    short_names: true,
    header_line: null,
    sheet: null,
    hidden_rows: 'refuse',
    empty: 'ok',
  },
  action: 'suspend',
  steps: null,
  order: 'user',
  options: { send_email: null, respond_async: false, in_doubt: 'keep' },
  pace: { share: 1, concurrency: 10 },
  guards: {
    max_users: null,
    max_percent: null,
    unusual: 'ask',
    max_failures: null,
    max_failure_rate: null,
    max_duration_seconds: null,
    protect: [],
    protect_groups: [],
    protect_admins: false,
    only_status: null,
  },
  report: { activation_links: null, byte_order_mark: false },
  read_first: true,
  skip_invalid: false,
  verify: { actions: 'deactivate', for_seconds: 60 },
  notify: null,
}

/** A run of a service app over a CSV of one column, which is at work. */
export function plainRun({
  job = plainJob,
  rows = 1,
  tasks = rows,
}: {
  readonly job?: Job
  readonly rows?: number
  readonly tasks?: number
} = {}): RunFile {
  return {
    format: 1,
    run_id: 'test',
    created_at: '2026-03-02T10:00:00.000Z',
    versions: { okta_lifecycle: '0.0.0', node: process.version },
    job,
    input: {
      name: 'input.csv',
      file: 'input.csv',
      format: 'csv',
      sha256: '',
      bytes: 0,
      rows,
      tasks,
      users: rows,
      columns: ['user'],
      mapping: { user: 'user', action: null, send_email: null },
    },
    org_url: 'https://org.example.com',
    owner: 'none',
    confirmed: true,
    state: 'running',
    reason: null,
  }
}
