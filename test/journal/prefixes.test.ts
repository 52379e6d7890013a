import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Job } from '../../src/job/job.ts'
import type { JournalEvent } from '../../src/journal/journal-event.ts'
import { exitCodes } from '../../src/messages/known-error.ts'
import { StopSwitch } from '../../src/messages/stop.ts'
import type { Answer } from '../../src/okta/answer.ts'
import type { OktaRequest } from '../../src/okta/request.ts'
import type { TaskResult } from '../../src/rules/result.ts'
import { executionOf, partsOf, plentyHeaders } from '../engine/execution-of.ts'
import { answerOf, errorText, noAnswer } from '../okta/answers.ts'
import { cases } from '../support/cases.ts'
import { read } from './journal-play.ts'
import { withDirectory } from './support.ts'

const users = Array.from({ length: 40 }, (_, index) => `user${index}@example.com`)
/** So many of the first users the token may not touch, in the first two executions. */
const forbidden = 16
const steps = ['suspend', 'deactivate'] as const
const job: Partial<Job> = { action: null, steps: steps.map((action) => ({ action, if_failed: 'stop' })) }

type Trouble =
  | 'read_only'
  | 'error_before'
  | 'error_after'
  | 'lost_before'
  | 'lost_after'
  | 'lost_and_colleague'

/** What becomes of the first call of an action, by the user's number. */
const troubles: Readonly<Record<string, Trouble>> = {
  '1 suspend': 'error_after',
  '2 suspend': 'lost_before',
  '3 deactivate': 'lost_after',
  '4 deactivate': 'error_before',
  '5 suspend': 'lost_after',
  '5 deactivate': 'lost_before',
  '6 suspend': 'lost_and_colleague',
  '7 suspend': 'read_only',
}

/** A change of a user, and how long the journal was when it came about. */
interface Change {
  readonly journalBytes: number
  readonly key: string
  readonly status: string
  /** Null: somebody else did it. */
  readonly action: string | null
}

/** An org that begins with the changes of an earlier one. */
class PlayOrg {
  readonly changes: Change[] = []
  readonly requests: string[] = []
  readonly #statuses = new Map<string, { status: string; statusChanged: string }>()
  readonly #journal: string
  readonly #attempts = new Map<string, number>()
  troubled = false
  forbidding = false

  constructor(journal: string, before: readonly Change[] = []) {
    this.#journal = journal
    for (const key of users) this.#set(key, 'ACTIVE', '2026-01-12T09:30:00.000Z')
    for (const change of before) {
      this.changes.push(change)
      this.#set(change.key, change.status, '2026-01-13T09:30:00.000Z')
    }
  }

  readonly send = async (request: OktaRequest): Promise<Answer> => {
    const { key, action } = partsOf(request)
    this.requests.push(`${key} ${action ?? 'read'}`)
    // What comes later comes later for all.
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (action === null) {
      const user = { id: key, ...this.#statuses.get(key), profile: { login: key } }
      return answerOf(200, JSON.stringify(user), plentyHeaders())
    }
    const number = users.indexOf(key)
    if (this.forbidding && number < forbidden) return answerOf(403, errorText('E0000006'), plentyHeaders())
    const attempt = (this.#attempts.get(`${key} ${action}`) ?? 0) + 1
    this.#attempts.set(`${key} ${action}`, attempt)
    const trouble = this.troubled && attempt === 1 ? troubles[`${number % 8} ${action}`] : undefined
    switch (trouble) {
      case undefined:
        this.#apply(key, action)
        return answerOf(200, '{}', plentyHeaders())
      case 'read_only':
        return answerOf(503, errorText('E0000010'), plentyHeaders())
      case 'error_before':
        return answerOf(500, errorText('E0000009'), plentyHeaders())
      case 'error_after':
        this.#apply(key, action)
        return answerOf(500, errorText('E0000009'), plentyHeaders())
      case 'lost_before':
        return noAnswer(true)
      case 'lost_after':
        this.#apply(key, action)
        return noAnswer(true)
      case 'lost_and_colleague':
        this.#change(key, 'LOCKED_OUT', null)
        return noAnswer(true)
    }
  }

  /** How often a call was applied, over all orgs that this one goes on from. */
  applied(key: string, action: string): number {
    return this.changes.filter((change) => change.key === key && change.action === action).length
  }

  #apply(key: string, action: string): void {
    this.#change(key, action === 'suspend' ? 'SUSPENDED' : 'DEPROVISIONED', action)
  }

  #change(key: string, status: string, action: string | null): void {
    this.changes.push({ journalBytes: statSync(this.#journal).size, key, status, action })
    // Some seconds ahead: a later call of the same user is always one "of the same second", however slow the machine.
    const changed = new Date(Date.now() + 5000).toISOString()
    this.#set(key, status, changed.replace(/\.\d+/, '.000'))
  }

  #set(key: string, status: string, statusChanged: string): void {
    this.#statuses.set(key, { status, statusChanged })
  }
}

/** The results that stand, in the order of their events. */
function standing(events: readonly JournalEvent[]): ReadonlyMap<string, TaskResult> {
  const results = new Map<string, TaskResult>()
  for (const event of events) {
    if (event.event === 'result') {
      const { event: _, ...result } = event
      results.set(`${result.row} ${result.step}`, result)
    }
  }
  return results
}

const requestTimeoutMs = 25
const signal = { state: 'interrupted', exitCode: exitCodes.interrupted, message: 'SIGINT' } as const

it('goes on from every prefix of a real journal: sends nothing for what has a result, and nothing twice', {
  timeout: 120_000,
}, async () => {
  await withDirectory(async (directory) => {
    const journal = join(directory, 'journal.ndjson')
    const org = new PlayOrg(journal)
    org.troubled = true
    org.forbidding = true
    const stop = new StopSwitch()
    let results = 0
    const interrupt = (): void => {
      if (++results === 20) stop.turn({ ...signal, advice: { kind: 'go_on' } })
    }
    const common = { directory, users, job, requestTimeoutMs, send: org.send }
    const first = await executionOf({ ...common, stop, onResult: interrupt })
    expect(first.stopped?.exitCode).toBe(130)
    const second = await executionOf(common)
    expect(second.stopped).toBeNull()
    expect(second.state.counts.get('failed')).toBe(forbidden)

    const bytes = readFileSync(journal)
    const whole = await read(journal)
    // The property is worth its name only if the journal holds all that one can.
    const names = new Set(whole.events.map(({ event }) => event))
    expect(names).toEqual(
      new Set([
        'journal',
        'owner',
        'execution',
        'permits',
        'limit',
        'intent',
        'answer',
        'not_applied',
        'in_doubt',
        'verdict',
        'result',
        'stopped',
      ]),
    )
    const verdicts = whole.events.flatMap((event) => (event.event === 'verdict' ? [event.verdict] : []))
    expect(new Set(verdicts)).toEqual(new Set(['applied', 'not_applied', 'someone_else', 'unknown']))

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
        writeFileSync(journal, bytes.subarray(0, length))
        const before = standing((await read(journal)).events)
        // What had come about by the time at which the journal was so long.
        const resumed = new PlayOrg(
          journal,
          org.changes.filter(({ journalBytes }) => journalBytes <= length),
        )
        const end = await executionOf({ directory, users, job, requestTimeoutMs, send: resumed.send })
        expect(end.stopped).toBeNull()

        const after = standing((await read(journal)).events)
        expect(after.size).toBe(users.length * steps.length)
        for (const [task, result] of before) {
          expect(after.get(task)).toEqual(result)
          expect(resumed.requests).not.toContain(`${result.user} ${result.action}`)
        }
        for (const result of after.values()) {
          const applied = resumed.applied(result.user, result.action)
          const told = `${result.user} ${result.action}: ${result.message}`
          expect(applied, told).toBe(result.result === 'succeeded' ? 1 : 0)
        }
      }),
      { numRuns: cases(25) },
    )
  })
})
