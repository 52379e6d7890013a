import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { type ExecutionEnd, type ExecutionOptions, execute } from '../../src/engine/execution.ts'
import type { Job } from '../../src/job/job.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import type { Answer } from '../../src/okta/answer.ts'
import { OktaClock } from '../../src/okta/clock.ts'
import { type OktaRequest, readOwnerRequest } from '../../src/okta/request.ts'
import { answerOf, errorText } from '../okta/answers.ts'
import { plainJob, plainRun } from './plain-run.ts'

interface ExecutionOfOptions extends Partial<ExecutionOptions> {
  readonly directory: string
  /** User keys, one a row. */
  readonly users: readonly string[]
  readonly job?: Partial<Job>
  /** Answers everything but who the token's owner is. */
  readonly send: (request: OktaRequest) => Promise<Answer>
  /** Answers who the token's owner is; a service app's credentials have none. */
  readonly owner?: () => Answer
}

/** How much faster the time of hasty tests goes. A write to a disk still takes less than a call may wait for it. */
const haste = 50

/** A switch that hurries: tries and waits of minutes take moments, in the same order. */
export class ImpatientSwitch extends StopSwitch {
  override async wait(milliseconds: number): Promise<void> {
    await super.wait(milliseconds / haste)
  }
}

/** Makes the monotonic clock as fast as {@link ImpatientSwitch}, until the test ends. */
export function hurry(): void {
  const real = performance.now.bind(performance)
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => real() * haste)
  onTestFinished(() => spy.mockRestore())
}

/** One execution over a list of users, with everything real but the org and the network. */
export async function executionOf(options: ExecutionOfOptions): Promise<ExecutionEnd> {
  const { directory, users, job: changes, send, owner = serviceAppAnswer, ...more } = options
  const text = ['user', ...users, ''].join('\n')
  await writeFile(join(directory, 'input.csv'), text)
  const job: Job = { ...plainJob, ...changes }
  const run = plainRun({ job, rows: users.length, tasks: users.length * (job.steps?.length ?? 1) })
  return await execute({
    directory,
    run: { ...run, input: { ...run.input, bytes: text.length, users: new Set(users).size } },
    recorded: null,
    hold: { valid: true, former: 'ended', ensure: async () => {} },
    credentials: { orgUrl: run.org_url, ofServiceApp: true },
    clock: new OktaClock(),
    requestTimeoutMs: 30_000,
    stop: new StopSwitch(),
    drainMs: 20_000,
    acceptRefusals: false,
    settleOnly: false,
    plan: null,
    links: null,
    onBegin: () => {},
    onResult: () => {},
    say: () => {},
    ...more,
    send: async (request) => {
      return request.path === readOwnerRequest().path ? owner() : await send(request)
    },
  })
}

/** What Okta says when a service app asks for its own user: there is none. */
export function serviceAppAnswer(): Answer {
  return answerOf(403, errorText('E0000006'), plentyHeaders())
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
