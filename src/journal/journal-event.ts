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
 * A person has taken up the sound part of a damaged journal: what stood behind it is lost. Any task without a result or an
 * attempt may have been sent since.
 */
interface CutEvent {
  readonly event: 'cut'
  /** The last time that the sound part names, in epoch milliseconds by Okta's clock; 0 when it names none. */
  readonly okta_time: number
  /** Bytes that stood behind it. */
  readonly lost_bytes: number
}

/** An attempt by its place: all events of one attempt bear the same three numbers. */
export interface AttemptPlace {
  readonly row: number
  readonly step: number
  /** From 1, over all executions. */
  readonly attempt: number
}

/**
 * A lifecycle call is about to be sent: on disk before a byte goes out. With no read before it, `status` is null.
 */
export interface IntentEvent extends AttemptPlace {
  readonly event: 'intent'
  /** Epoch milliseconds by Okta's clock, best estimate. */
  readonly okta_time: number
  /** The same, at the earliest: what changed in this second or later may have changed after the call. */
  readonly okta_time_at_least: number
  /** RFC 3339 UTC by this machine's clock: when the task began. */
  readonly started_at: string
  /** The id that the call goes to; the key as written where no read came first. */
  readonly user_id: string
  readonly login: string | null
  readonly status: string | null
  readonly status_changed: string | null
  /** The call's own time limit in milliseconds: a later execution may be given another. */
  readonly request_timeout_ms: number
  /** Where the attempt was made, when a retry took it over from another run; absent for an attempt of this run's own. */
  /** Not an attempt that is known of, but one that may have been lost with a part of the journal. */
  readonly lost?: true
  readonly origin?: { readonly run: string; readonly row: number; readonly step: number }
}

/**
 * Okta's answer, on disk the moment it is known and before anything else is awaited: no stop and no kill can turn it
 * into a doubt any more.
 */
export interface AnswerEvent extends AttemptPlace {
  readonly event: 'answer'
  /** `refused`: certainly not applied, for a reason that does not pass by itself. */
  readonly outcome: 'applied' | 'refused'
  /** Epoch milliseconds by Okta's clock. */
  readonly okta_time: number
  readonly http_status: number | null
  readonly error_code: string | null
  readonly request_id: string | null
  /** What the answer says, for a person. Never a body. */
  readonly message: string
}

/** The attempt was certainly not applied, for a passing reason: it is sent again. */
interface NotAppliedEvent extends AttemptPlace {
  readonly event: 'not_applied'
  readonly why: string
}

/** Nobody knows whether the attempt was applied. */
export interface InDoubtEvent extends AttemptPlace {
  readonly event: 'in_doubt'
  /** Okta itself answered, so that nothing is still under way. */
  readonly at_once: boolean
  /** Our own patience ended, not Okta's: it may still be working on the call. */
  readonly timed_out: boolean
  /** By when the request had left, in epoch milliseconds by Okta's clock. */
  readonly sent_okta_time: number
  readonly why: string
}

/** A doubt was looked into; the verdict and what it rests on. */
interface VerdictEvent extends AttemptPlace {
  readonly event: 'verdict'
  readonly verdict: 'applied' | 'not_applied' | 'someone_else' | 'unknown'
  readonly evidence: string
  /** Nothing tells, and the job allows it to be sent once more all the same. */
  readonly repeat?: true
}

/** How a task ended. A result is final: nothing takes it back. */
type ResultEvent = { readonly event: 'result' } & TaskResult

/** Permits that were handed out: requests in a rate-limit bucket that have left by now, or are about to. */
interface PermitsEvent {
  readonly event: 'permits'
  readonly bucket: string
  readonly count: number
  /** Epoch milliseconds by Okta's clock. */
  readonly okta_time: number
}

/** What the execution has sent so far, now and then: one that is killed leaves its last one. */
interface TallyEvent {
  readonly event: 'tally'
  readonly requests: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
  /** Milliseconds at work by the process's own monotonic clock, which nobody sets. */
  readonly worked_ms: number
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
  readonly worked_ms: number
}

export type JournalEvent =
  | OpenedEvent
  | ExecutionEvent
  | CutEvent
  | IntentEvent
  | AnswerEvent
  | NotAppliedEvent
  | InDoubtEvent
  | VerdictEvent
  | ResultEvent
  | PermitsEvent
  | TallyEvent
  | StoppedEvent
