import type { TaskResult } from '../rules/result.ts'

/** The version of the journal's format that this program writes and reads. */
export const journalVersion = 2

/** The first line of a journal. */
interface OpenedEvent {
  readonly event: 'journal'
  readonly version: number
  readonly run: string
}

/** A process has taken up the run. */
interface ExecutionEvent {
  readonly event: 'execution'
  /** RFC 3339 UTC, by this machine's clock. */
  readonly at: string
}

/**
 * A lifecycle call is about to be sent: on disk before a byte goes out. With no read before it, `status` is null.
 */
export interface IntentEvent {
  readonly event: 'intent'
  readonly row: number
  readonly step: number
  /** From 1, over all executions. */
  readonly attempt: number
  /** Epoch milliseconds by Okta's clock. */
  readonly okta_time: number
  /** RFC 3339 UTC by this machine's clock: when the task began. */
  readonly started_at: string
  /** The id that the call goes to; the key as written where no read came first. */
  readonly user_id: string
  readonly login: string | null
  readonly status: string | null
  readonly status_changed: string | null
  /** The call's own time limit in milliseconds: a later execution may be told another. */
  readonly request_timeout_ms: number
}

/** The attempt was certainly not applied: refused for a passing reason, or never sent. */
interface NotAppliedEvent {
  readonly event: 'not_applied'
  readonly row: number
  readonly step: number
  readonly attempt: number
  readonly why: string
}

/** Nobody knows whether the attempt was applied. `at_once`: Okta itself answered, so nothing is still under way. */
export interface InDoubtEvent {
  readonly event: 'in_doubt'
  readonly row: number
  readonly step: number
  readonly attempt: number
  readonly at_once: boolean
  /** By when the request had left, in epoch milliseconds by Okta's clock. */
  readonly sent_okta_time: number
  readonly why: string
}

/** A doubt was looked into; the verdict and what it rests on. */
interface VerdictEvent {
  readonly event: 'verdict'
  readonly row: number
  readonly step: number
  readonly attempt: number
  readonly verdict: 'applied' | 'not_applied' | 'someone_else' | 'unknown'
  readonly evidence: string
}

/** How a task ended. */
type ResultEvent = { readonly event: 'result' } & TaskResult

/** A task that has a result, and what it counts as. */
export type CountedTask = Pick<TaskResult, 'row' | 'step' | 'result' | 'reason'>

/** Results that do not count after all: what looked like a matter of these users was one of the credentials. */
interface ReopenedEvent {
  readonly event: 'reopened'
  readonly tasks: readonly CountedTask[]
  readonly why: string
}

/** What the execution has sent so far, now and then: an execution that is killed leaves its last one. */
interface TallyEvent {
  readonly event: 'tally'
  readonly requests: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
}

/** The process has left the run in good order. */
interface StoppedEvent {
  readonly event: 'stopped'
  readonly at: string
  readonly state: 'finished' | 'stopped' | 'interrupted'
  readonly reason: string | null
  /** What this execution sent. */
  readonly requests: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
}

export type JournalEvent =
  | OpenedEvent
  | ExecutionEvent
  | IntentEvent
  | NotAppliedEvent
  | InDoubtEvent
  | VerdictEvent
  | ResultEvent
  | ReopenedEvent
  | TallyEvent
  | StoppedEvent
