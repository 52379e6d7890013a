import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { noFence } from '../../src/files/synced-appends.ts'
import type { Job } from '../../src/job/job.ts'
import { Journal } from '../../src/journal/journal.ts'
import { emptyJournal } from '../../src/journal/journal-check.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { readJournal } from '../../src/journal/journal-reader.ts'
import { JournalState } from '../../src/journal/journal-state.ts'
import { Recorder } from '../../src/journal/recorder.ts'
import type { Gate } from '../../src/lookup/refusal-gate.ts'
import type { Answer } from '../../src/okta/answer.ts'
import type { OktaRequest } from '../../src/okta/request.ts'
import { nobodyProtected } from '../../src/rules/guards.ts'
import { MeantUsers } from '../../src/run/meant-users.ts'
import type { Services } from '../../src/task/services.ts'
import type { TaskInput } from '../../src/task/state.ts'
import { UnheardTasks } from '../../src/task/unheard-tasks.ts'
import { partsOf } from '../engine/execution-of.ts'
import { plainJob } from '../engine/plain-run.ts'
import { withDirectory } from '../journal/support.ts'
import { type LookupOf, lookupOf } from '../lookup/lookup-of.ts'
import { answerOf, refusalOf } from '../okta/answers.ts'

export const ada = { id: '00uAda00000000000001', login: 'ada@example.com' }

/** A user of the stub. `statusChanged` is long ago unless a test says otherwise. */
export interface StubUser {
  id: string
  login: string
  status: string
  statusChanged: string | null
  transitioningToStatus?: string
  factors: readonly string[]
}

/** What a call comes to: applied and answered, or whatever a test says. */
export type OnCall = (user: StubUser, action: string) => Answer | Promise<Answer>

/** The parts of an execution over a stub of an org, with a journal of its own and a time that passes by waiting alone. */
export interface Stub extends LookupOf {
  readonly services: Services
  readonly users: StubUser[]
  /** What was asked, in order: `ACTION KEY` or `read KEY`, `factors KEY`. */
  readonly requests: string[]
  /** What the journal holds on disk by now. */
  readonly events: () => Promise<readonly JournalEvent[]>
  /** The refusals that count for a streak. */
  readonly refusals: Answer[]
}

export interface StubOptions {
  readonly job?: Partial<Job>
  readonly onCall?: OnCall
  readonly onRead?: (user: StubUser) => Answer | null
  readonly services?: Partial<Services>
  /** The journal of an earlier execution. */
  readonly before?: readonly JournalEvent[]
  readonly stepsPerRow?: number
  /** Whether an answer has shown Okta's time; by default one has. */
  readonly timeIsTold?: boolean
  /** What differs in Ada. */
  readonly user?: Partial<StubUser>
}

const targets: Readonly<Record<string, string>> = {
  activate: 'PROVISIONED',
  deactivate: 'DEPROVISIONED',
  suspend: 'SUSPENDED',
  unlock: 'ACTIVE',
  unsuspend: 'ACTIVE',
}

/** Applies a call as Okta does. */
export function apply(user: StubUser, action: string): Answer {
  const target = targets[action]
  if (target !== undefined) Object.assign(user, { status: target, statusChanged: '2026-03-02T10:00:05.000Z' })
  if (action === 'reset_factors') user.factors = []
  return answerOf(200)
}

/** Lends a stub with one user, Ada, who is ACTIVE. */
export async function withStub(options: StubOptions, work: (stub: Stub) => Promise<void>): Promise<void> {
  const { onCall = apply, onRead = () => null, before = [], stepsPerRow = 1 } = options
  await withDirectory(async (directory) => {
    const users: StubUser[] = [
      { ...ada, status: 'ACTIVE', statusChanged: '2025-01-01T00:00:00.000Z', factors: [], ...options.user },
    ]
    const requests: string[] = []
    const answer = async (request: OktaRequest): Promise<Answer> => {
      const { key, action } = partsOf(request)
      const isFactors = request.path.endsWith('/factors')
      requests.push(`${isFactors ? 'factors' : (action ?? 'read')} ${key}`)
      const user = users.find(({ id, login }) => id === key || login === key)
      if (user === undefined) return refusalOf(404, 'E0000007')
      if (isFactors)
        return answerOf(200, JSON.stringify(user.factors.map((created) => ({ id: 'f', created }))))
      if (action !== null) return await onCall(user, action)
      const { factors: _, login, ...shown } = user
      return onRead(user) ?? answerOf(200, JSON.stringify({ ...shown, profile: { login } }))
    }
    const lookup = lookupOf(answer, options.timeIsTold)
    const path = join(directory, 'journal.ndjson')
    await writeFile(path, '')
    const journal = await Journal.open(path, emptyJournal)
    const recorder = new Recorder(journal, new JournalState(stepsPerRow), () => {})
    await recorder.record({ event: 'journal', version: 2, run: 'r' })
    for (const event of before) await recorder.record(event)
    const refusals: Answer[] = []
    const gate: Gate = {
      pass: async (_row, call) => await call(() => true),
      allowed: () => {},
      refused: async (_row, refusal, { isKnown }) => {
        if (!isKnown) refusals.push(refusal)
      },
    }
    const begunAt = lookup.parts.clock.nowAtMost()
    const services: Services = {
      job: { ...plainJob, ...options.job },
      owner: null,
      protect: nobodyProtected,
      roles: null,
      lookup: lookup.parts,
      recorder,
      meant: new MeantUsers(recorder.state, null),
      witness: { id: null },
      failures: { foresee: () => {}, doubt: () => {}, decided: () => {} },
      unheard: new UnheardTasks(),
      plan: null,
      links: null,
      sends: gate,
      reads: gate,
      requestTimeoutMs: 30_000,
      begunAt: () => begunAt,
      begunMark: lookup.parts.clock.mark(),
      senderMayLive: false,
      settleOnly: false,
      undoOf: null,
      steps: { over: 0 },
      hold: noFence,
      ...options.services,
    }
    const events = async (): Promise<readonly JournalEvent[]> => {
      const found: JournalEvent[] = []
      await readJournal(path, ({ event }) => found.push(event))
      return found
    }
    await work({ ...lookup, services, users, requests, events, refusals })
    await journal.close()
  })
}

/** The first task of row 1, on Ada. */
export function taskOf(more: Partial<TaskInput> = {}): TaskInput {
  return {
    row: 1,
    step: 1,
    userKey: ada.login,
    action: 'suspend',
    sendEmail: null,
    target: ada.id,
    known: null,
    ledTo: [],
    planned: null,
    later: [],
    comesLater: false,
    isBehindDoubt: false,
    ...more,
  }
}
