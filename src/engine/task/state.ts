import type { OpenAttempt } from '../../journal/task-progress.ts'
import type { FailedRead, FoundUser } from '../../lookup/read-user.ts'
import type { Action } from '../../okta/actions.ts'
import type { Answer } from '../../okta/answer.ts'
import type { RetryOf } from '../../okta/request.ts'
import type { Ending, LastWord } from './ending.ts'

/** What a task is. */
export interface TaskInput {
  readonly row: number
  readonly step: number
  /** The key as the row gives it. */
  readonly userKey: string
  readonly action: Action
  readonly sendEmail: boolean | null
  /** What the call goes to: the id, or the key itself where users are not read. */
  readonly target: string
  /** What is known of the user when the task begins; null when nothing is. */
  readonly known: { readonly id: string; readonly login: string } | null
}

/**
 * The states of a task, each with what it alone owns.
 *
 * - **doubt**: an attempt has no known end, in this execution or an earlier one. Once it can no longer be under way, Okta
 *   is asked. Applied → ended. Not applied → reading. Someone else acted, or nothing tells → ended in doubt.
 * - **lost**: a part of the journal is gone, and an attempt may have gone with it: it is noted as one → doubt.
 * - **reading**: the user is read by id, unless a read of this window is at hand or the job reads none → deciding. Unknown
 *   or unreadable → ended. Refused as the token may be → held.
 * - **deciding**: guards and the table of actions → ended without a call, or sending.
 * - **sending**: with a slot and a permit: the intent to disk, then the call. A read that grew old meanwhile → reading.
 *   Applied → applied. Refused because of status → refused. Certainly not applied → waiting. Nobody knows → doubt. Refused
 *   as the token may be → held. Anything else → ended.
 * - **applied**: Okta's answer is on disk. A read may add where it led → ended.
 * - **refused**: Okta's answer is on disk, and speaks of the status. One more read → ended.
 * - **held**: refused in a way that may be the token's. Decided for the users → ended; for the token, the run stops.
 * - **waiting**: for what its cause asks for → reading.
 * - **ended**: how, and what was read of the user and still holds.
 * - **left**: without a result, since only what is unsettled was to be settled.
 *
 * - **T1** No call leaves before its intent is on disk, and none while an earlier one is in doubt.
 * - **T2** Okta's answer is on disk before anything else is awaited.
 * - **T3** What is applied is never sent again.
 * - **T4** Credentials that Okta refuses, a network that stays away and a stop leave the task without a result.
 */
export type TaskState =
  | { readonly at: 'lost'; readonly since: number }
  | { readonly at: 'doubt'; readonly open: OpenAttempt; readonly notBefore: number | null }
  | { readonly at: 'reading'; readonly known: FoundUser | FailedRead | null }
  | { readonly at: 'deciding'; readonly read: FoundUser | null }
  | { readonly at: 'sending'; readonly read: FoundUser | null }
  | { readonly at: 'applied'; readonly ofLink: string }
  | { readonly at: 'refused'; readonly answer: Answer }
  | { readonly at: 'held'; readonly decided: Promise<void>; readonly ending: Ending }
  | { readonly at: 'waiting'; readonly milliseconds: number; readonly parked: boolean }
  | { readonly at: 'ended'; readonly ending: Ending; readonly read: FoundUser | null }
  | { readonly at: 'left' }

/** What a task has gathered by now; every state adds to it. */
export interface TaskHistory {
  /** The user as last seen, or as the journal knows it. */
  user: { readonly id: string; readonly login: string } | null
  status: string | null
  statusBefore: string | null
  lastWord: LastWord | null
  attempts: number
  readonly startedAt: string
  /** When the first attempt was about to leave, in epoch ms by Okta's clock; null before it. */
  firstIntentAt: number | null
  /** Whether a look has said "not applied" of an earlier attempt, which may still come late. */
  doubted: boolean
  /** Failures for passing reasons; refusals by a rate limit are none. */
  setbacks: number
  /** Looks at a user whom Okta calls in transition when it is called. */
  transitionLooks: number
  /** Sends that nothing but the job's `in_doubt: retry` allowed. */
  repeats: number
  /** What the next call would be a repetition of. */
  retryOf: RetryOf
}
