import type { MachineUser } from '../files/this-user.ts'
import type { Advice } from '../messages/stop.ts'
import type { LookAfterLoss } from '../rules/doubt.ts'
import type { ExplainedChange } from '../rules/explained-change.ts'
import type { TaskResult } from '../rules/result.ts'

/** The version of the journal's format that this program writes and reads. */
export const journalVersion = 2

/** The first line of a journal. */
interface OpenedEvent {
  readonly event: 'journal'
  readonly version: number
  readonly run: string
}

/** A process has started an execution of the run. */
interface ExecutionEvent {
  readonly event: 'execution'
  /** RFC 3339 UTC, by this machine's clock. */
  readonly at: string
  /** Who started it, and where. Absent in older journals. */
  readonly by?: MachineUser
  /**
   * The SHA-256 of the input, of the job and of the saved plan that it carries out, if there is one, so that the chain
   * vouches for them as well. Absent in older journals.
   */
  readonly digests?: { readonly input: string; readonly job: string; readonly plan?: string }
  /** The org, as `run.json` names it. Absent in older journals. */
  readonly org?: string
  /** How the run began, as `run.json` says it. Absent in older journals. */
  readonly begun?: {
    readonly created_at: string
    readonly versions: { readonly okta_lifecycle: string; readonly node: string }
    /** The run that this one retries; null if it is not a retry. */
    readonly retry_of: string | null
    /** The run that this one takes back; null if it is not an undo. */
    readonly undo_of: string | null
    /** The runs before this one, the first one first. Absent if it goes on from none, and in older journals. */
    readonly earlier_runs?: readonly string[]
  }
}

/**
 * Whose token the execution uses, as `run.json` names it. It is on disk before `run.json` names an owner for the first
 * time. Absent in older journals.
 */
interface OwnerEvent {
  readonly event: 'owner'
  readonly owner: { readonly id: string; readonly login: string } | 'none'
}

/**
 * A person has decided to go on from the sound part of a damaged journal. The rest is lost, so any task without a
 * result may have been sent, or sent again, in that part.
 */
interface CutEvent {
  readonly event: 'cut'
  /**
   * The last time that the sound part names, in epoch milliseconds by Okta's clock; if it names none, a time before the
   * run began.
   */
  readonly okta_time: number
  /**
   * The latest moment at which the loss can have begun, in the same ms; absent if that is `okta_time`. It is later
   * where the sound part does not tell Okta's time in the execution whose lines are lost.
   */
  readonly okta_time_at_most?: number
  /** Bytes after the sound part. */
  readonly lost_bytes: number
}

/** An attempt by its place. All events of one attempt have the same three numbers. */
export interface AttemptPlace {
  readonly row: number
  readonly step: number
  /** From 1, over all executions. */
  readonly attempt: number
}

/** A task's first attempt, as a later one of another run tells of it. */
export interface FirstAttempt {
  readonly okta_time_at_least: number
  readonly status: string | null
  readonly lost?: true
}

/**
 * A lifecycle call is about to be sent. The event is on disk before a byte goes out. If the user was not read before
 * it, `status` is null.
 */
export interface IntentEvent extends AttemptPlace {
  readonly event: 'intent'
  /** Epoch milliseconds by Okta's clock, best estimate. */
  readonly okta_time: number
  /**
   * The earliest that this time could have been. A change in this second or later may have come after the call. A day
   * before it if no answer had shown Okta's time; then `okta_time` is this machine's.
   */
  readonly okta_time_at_least: number
  /** Set if no `Date` had shown Okta's time by then: it was known to a minute, from rate limits, or not at all. */
  readonly without_date?: true
  /** When the task began, RFC 3339 UTC by Okta's clock. */
  readonly started_at: string
  /** The id that the call goes to; the key as written if the user was not read. */
  readonly user_id: string
  readonly login: string | null
  readonly status: string | null
  readonly status_changed: string | null
  /** The call's own time limit in milliseconds. A later execution may have another. */
  readonly request_timeout_ms: number
  /** Set for an attempt that is only assumed, because a part of the journal was lost. */
  readonly lost?: true
  /**
   * How often the task had been repeated only because the job allows it, in the run it was taken over from; absent if
   * never.
   */
  readonly repeats?: number
  /** How many earlier attempts had never left, in the run it was taken over from; absent if none. */
  readonly unsent?: number
  /** How many earlier attempts had been judged not applied, in the run it was taken over from; absent if none. */
  readonly judged_not_applied?: number
  /**
   * What the run that it was taken over from knows of the task's first attempt: when it can have been made at the
   * earliest, in epoch milliseconds by Okta's clock; the user's status before it, null if the user was not read; and
   * whether it is only assumed. Absent if this is the first attempt, or if that run does not know.
   */
  readonly first?: FirstAttempt
  /**
   * Only for an attempt that a retry took over: the user's last change that the run it was taken from knows to be the
   * work of another call. Absent if it knows none, and where a read before the attempt is compared with.
   */
  readonly explained?: ExplainedChange
  /**
   * Set if more attempts of the task may be lost than the run shows from which a retry took it over. `retry`: the
   * person who began the retry lets it be repeated all the same.
   */
  readonly uncounted?: 'keep' | 'retry'
  /** The task of another run that made the attempt, if a retry took it over; absent for this run's own attempts. */
  readonly origin?: { readonly run: string; readonly row: number; readonly step: number }
}

/**
 * Okta's answer. It goes to disk the moment it is known, before anything else is awaited, so that no stop and no kill
 * can turn it into a doubt.
 */
export interface AnswerEvent extends AttemptPlace {
  readonly event: 'answer'
  /** `refused`: certainly not applied, for a lasting reason. */
  readonly outcome: 'applied' | 'refused'
  /** Epoch milliseconds by Okta's clock. */
  readonly okta_time: number
  /**
   * The latest that this time could have been: by then the call had done whatever it did. Absent from older journals.
   */
  readonly okta_time_at_most?: number
  readonly http_status: number | null
  readonly error_code: string | null
  readonly request_id: string | null
  /** The answer in words, for a person. Never the body of an answer. */
  readonly message: string
}

/** The attempt was certainly not applied, for a passing reason, and is sent again. */
interface NotAppliedEvent extends AttemptPlace {
  readonly event: 'not_applied'
  readonly why: string
  /** Set if nothing left: it was held back after its intent. It is an attempt by its number, and no HTTP request. */
  readonly unsent?: true
}

/** Nobody knows whether the attempt was applied. */
export interface InDoubtEvent extends AttemptPlace {
  readonly event: 'in_doubt'
  /** Whether Okta itself answered, so that nothing is still under way. */
  readonly at_once: boolean
  /** Whether our own time limit ended the call. Okta may still be working on it. */
  readonly timed_out: boolean
  /** The latest moment at which the request could have left, in epoch milliseconds by Okta's clock. */
  readonly sent_okta_time: number
  readonly why: string
}

/** A doubt was settled: the verdict and its evidence. */
export interface VerdictEvent extends AttemptPlace {
  readonly event: 'verdict'
  readonly verdict: 'applied' | 'not_applied' | 'someone_else' | 'unknown'
  readonly evidence: string
  /**
   * Since when the user has been where the call leads, as Okta showed it; only if the user's status proves that it was
   * applied. Absent in older journals.
   */
  readonly status_changed?: string
  /** Nothing shows the outcome, but the job allows sending the call again. */
  readonly repeat?: true
  /** How Okta showed the user: only in the first verdict about a user after a loss. */
  readonly look?: {
    readonly status: LookAfterLoss['status']
    readonly status_changed: string | null
    readonly transitioning_to: string | null
  }
  /** Whether the status that the look showed is taken for the work of this attempt, so that it proves no other one. */
  readonly explains_look?: true
}

/** How a task ended. A result is final: nothing takes it back. */
type ResultEvent = { readonly event: 'result' } & TaskResult

/** Permits were handed out: as many requests in a rate-limit bucket have left or are about to leave. */
interface PermitsEvent {
  readonly event: 'permits'
  readonly bucket: string
  readonly count: number
  /** Epoch milliseconds by Okta's clock. */
  readonly okta_time: number
  /** The earliest that Okta's time can have been; absent before an answer has shown it, and in older journals. */
  readonly okta_time_at_least?: number
}

/** Okta has shown a bucket's limit for the first time, or a new one. */
interface LimitEvent {
  readonly event: 'limit'
  readonly bucket: string
  readonly limit: number
}

/**
 * The user whom a row of a retry meant in the run that is retried. The row's key may mean somebody else by now. These
 * events are at the beginning of a retry's journal, for rows of which no call and no result with a user is carried
 * over.
 */
interface MeantEvent {
  readonly event: 'meant'
  readonly row: number
  readonly user_id: string
  readonly login: string | null
  /** The run that learned it. */
  readonly run: string
}

/** What the execution has sent so far. Written now and then, so that a killed execution leaves its last counts. */
interface TallyEvent {
  readonly event: 'tally'
  readonly requests: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
  /** Milliseconds at work, by the process's own monotonic clock. */
  readonly worked_ms: number
  /** How the execution was going at a time, for whoever asks from outside. Absent in older journals. */
  readonly outlook?: Outlook & { readonly at: string }
}

/** How an execution is going, as progress and `status` show it. */
export interface Outlook {
  /** Tasks a minute over the last minute at work. */
  readonly per_minute: number
  /** Requests that are sent and not answered yet. */
  readonly in_flight: number
  /** Null if nothing shows it yet. */
  readonly eta_seconds: number | null
  /** Why nothing is sent, and until when at the latest; null if nothing waits. */
  readonly waiting: {
    /** The bucket that is waited for; null if all rows at work wait for something else. */
    readonly bucket: string | null
    readonly why: 'refused' | 'share_used' | 'others' | 'unanswered' | 'mail' | 'again' | 'in_transition'
    /** RFC 3339 UTC, by Okta's clock. */
    readonly until: string
  } | null
}

/** The process has left the run in good order. */
interface StoppedEvent {
  readonly event: 'stopped'
  readonly at: string
  readonly state: 'finished' | 'stopped' | 'interrupted'
  readonly reason: string | null
  /** The exit status for the reason, and what to do about it; absent without a reason and in older journals. */
  readonly exit_code?: number
  readonly advice?: Advice
  /** What this execution sent. */
  readonly requests: Readonly<Record<string, number>>
  readonly retries: Readonly<Record<string, number>>
  readonly worked_ms: number
}

export type JournalEvent =
  | OpenedEvent
  | ExecutionEvent
  | OwnerEvent
  | CutEvent
  | IntentEvent
  | AnswerEvent
  | NotAppliedEvent
  | InDoubtEvent
  | VerdictEvent
  | ResultEvent
  | MeantEvent
  | PermitsEvent
  | LimitEvent
  | TallyEvent
  | StoppedEvent
