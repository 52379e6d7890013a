import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Tally } from '../../src/budget/tally.ts'
import { type ExecutionEnd, execute } from '../../src/engine/execution.ts'
import type { Job } from '../../src/job/job.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import type { OktaRequest } from '../../src/okta/request.ts'
import type { TaskResult } from '../../src/rules/result.ts'
import type { RunFile } from '../../src/run/run-file.ts'
import { answerOf } from '../okta/answers.ts'

interface ExecutionOfOptions {
  readonly directory: string
  /** User keys, one a row. */
  readonly users: readonly string[]
  readonly job?: Partial<Job>
  readonly requestTimeoutMs?: number
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly onResult?: (result: TaskResult) => void
  readonly stop?: StopSwitch
}

/** A switch whose seconds are milliseconds: tries and waits of minutes take a moment, in the same order. */
export class ImpatientSwitch extends StopSwitch {
  override async wait(milliseconds: number): Promise<void> {
    await super.wait(milliseconds / 1000)
  }
}

/** One execution over a list of users, with everything real but the org and the network. */
export async function executionOf(options: ExecutionOfOptions): Promise<ExecutionEnd> {
  const { directory, users, send } = options
  const text = ['user', ...users, ''].join('\n')
  await writeFile(join(directory, 'input.csv'), text)
  const job: Job = {
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
      empty: 'ok',
      sheet: null,
      hidden_rows: 'refuse',
    },
    action: 'suspend',
    steps: null,
    order: 'user',
    options: { send_email: null, respond_async: false, in_doubt: 'keep' },
    pace: { share: 1, concurrency: 10 },
    guards: { max_users: null, protect: [], only_status: null },
    report: { activation_links: null },
    read_first: true,
    skip_invalid: false,
    ...options.job,
  }
  const run: RunFile = {
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
      bytes: text.length,
      rows: users.length,
      tasks: users.length,
      users: new Set(users).size,
      columns: ['user'],
      mapping: { user: 'user', action: null, send_email: null },
    },
    org_url: 'https://org.example.com',
    owner: 'none',
    confirmed: true,
    state: 'running',
    reason: null,
  }
  return await execute({
    directory,
    run,
    recorded: null,
    owner: null,
    send,
    clock: new OktaClock(),
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    stop: options.stop ?? new StopSwitch(),
    tally: new Tally(),
    links: null,
    onBegin: () => {},
    onResult: options.onResult ?? (() => {}),
  })
}

/** Headers of a limit that no test reaches. */
export function plentyHeaders(): Readonly<Record<string, string>> {
  return {
    'x-rate-limit-limit': '100000',
    'x-rate-limit-remaining': '99000',
    'x-rate-limit-reset': String(Math.floor(Date.now() / 1000) + 60),
  }
}

/** The user that a key names in an org whose ids and logins are the same text. */
export function userAnswer(key: string, status: string): Answer {
  return answerOf(200, JSON.stringify({ id: key, status, profile: { login: key } }), plentyHeaders())
}

/** The key and the action in a request's path. */
export function partsOf({ path }: OktaRequest): { key: string; action: string | null } {
  const [, , , , key = '', , action = null] = path.split('?')[0]?.split('/') ?? []
  return { key: decodeURIComponent(key), action }
}
