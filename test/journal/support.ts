import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnswerEvent, InDoubtEvent, IntentEvent } from '../../src/journal/journal-event.ts'
import { KnownError } from '../../src/messages/known-error.ts'
import type { TaskResult } from '../../src/rules/result.ts'

/** Lends a new directory, and takes it away afterwards. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'okta-lifecycle-test-'))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The error that a user would meet; fails where there is none, or one that was not meant for users. */
export async function knownErrorOf(work: () => unknown): Promise<KnownError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof KnownError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

/** A result of a task, plain but for what a test says. */
export function resultOf(row: number, more: Partial<TaskResult> = {}): TaskResult {
  return {
    row,
    step: 1,
    user: `user${row}@example.com`,
    action: 'suspend',
    result: 'succeeded',
    reason: null,
    status_before: 'ACTIVE',
    status_after: 'SUSPENDED',
    http_status: 200,
    error_code: null,
    message: 'user was ACTIVE, is now SUSPENDED',
    attempts: 1,
    started_at: '2026-03-02T10:00:00.000Z',
    finished_at: '2026-03-02T10:00:01.000Z',
    okta_user_id: `00u${String(row).padStart(17, '0')}`,
    okta_login: `user${row}@example.com`,
    okta_request_id: 'req-1',
    ...more,
  }
}

/** An intent of a task, plain but for what a test says. */
export function intentOf(row: number, attempt = 1, more: Partial<IntentEvent> = {}): IntentEvent {
  return {
    event: 'intent',
    row,
    step: 1,
    attempt,
    okta_time: 1_772_445_600_000 + row,
    okta_time_at_least: 1_772_445_599_900 + row,
    started_at: '2026-03-02T10:00:00.000Z',
    user_id: `00u${String(row).padStart(17, '0')}`,
    login: `user${row}@example.com`,
    status: 'ACTIVE',
    status_changed: null,
    request_timeout_ms: 30_000,
    ...more,
  }
}

/** An in_doubt event with defaults, except for what a test sets. */
export function doubtOf(row: number, attempt = 1, more: Partial<InDoubtEvent> = {}): InDoubtEvent {
  return {
    event: 'in_doubt',
    row,
    step: 1,
    attempt,
    at_once: false,
    timed_out: false,
    sent_okta_time: 1_772_445_600_500 + row,
    why: 'the connection was lost',
    ...more,
  }
}

/** An answer to an attempt, plain but for what a test says. */
export function answerTo(row: number, attempt = 1, more: Partial<AnswerEvent> = {}): AnswerEvent {
  return {
    event: 'answer',
    row,
    step: 1,
    attempt,
    outcome: 'applied',
    okta_time: 1_772_445_600_900 + row,
    http_status: 200,
    error_code: null,
    request_id: 'req-1',
    message: 'Okta accepted suspend',
    ...more,
  }
}

/** Ids of another form than the usual one, which no document rules out. */
export const unusualIds = ['0ouAb1Cd2Ef3Gh4Ij5Kl', '00uAb1Cd2Ef3Gh4Ij5', '00u_b1Cd2Ef3Gh4Ij5Kl'] as const
