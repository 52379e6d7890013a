import type { OpenAttempt } from '../journal/task-progress.ts'
import type { FailedRead, FoundUser } from '../lookup/read-user.ts'
import type { Action } from '../okta/actions.ts'
import type { Answer } from '../okta/answer.ts'
import type { RetryOf } from '../okta/request.ts'
import type { UserStatus } from '../okta/status.ts'
import type { LeftAs } from '../rules/left-as.ts'
import type { PlannedFacts } from '../rules/planned.ts'
import type { Ending, LastWord, LinkEnding } from './ending.ts'

/** What a task is. */
export interface TaskInput {
  readonly row: number
  readonly step: number
  /** The key, as written in the row. */
  readonly userKey: string
  readonly action: Action
  readonly sendEmail: boolean | null
  /** What the call goes to: the id, or the key itself when users are not read. */
  readonly target: string
  /** What is known of the user when the task begins; null if nothing is. */
  readonly known: { readonly id: string; readonly login: string } | null
  /**
   * Why Okta did not show whom the row means, so that it could not be judged whether it means that user. Left out where
   * that was judged, or needs no judging.
   */
  readonly unjudged?: string
  /** Statuses that the row's own earlier steps have led to. */
  readonly ledTo: readonly UserStatus[]
  /** What the saved plan says about the task; null if the run carries out no plan. */
  readonly planned: {
    readonly facts: PlannedFacts
    /** Where the run's own tasks have led the user; null if they have left the status as it was. */
    readonly ledTo: readonly UserStatus[] | null
  } | null
  /** The actions of the row's later steps: a call is verified if none of them leads elsewhere. */
  readonly later: readonly Action[]
  /** Whether its turn comes later in this execution: until then, only what may have been sent before is settled. */
  readonly comesLater: boolean
  /** Whether an earlier task of the user is in doubt: then this one may never have been sent. */
  readonly isBehindDoubt: boolean
  /** How the run that an undo takes back left the user, or null if that can't be read. Left out in other runs. */
  readonly leftAs?: { readonly run: string; readonly left: LeftAs | null }
}

/**
 * The states of a task. Each state has only the fields that it owns.
 *
 * - **doubt**: the outcome of an attempt, in this execution or an earlier one, is not known. Once the call can no
 *   longer be under way, Okta is asked. Applied → ended. Not applied → reading, or waiting after a failure. Someone
 *   else acted, or nothing shows what happened → ended in doubt. Refused, perhaps because of the token → held.
 * - **lost**: a part of the journal is gone, perhaps with an attempt in it. An attempt is assumed and noted → doubt.
 * - **reading**: the user is read by id, unless there is a read that is not old yet or the job turns reading off →
 *   deciding. Unknown or unreadable → ended. Refused, perhaps because of the token → held.
 * - **deciding**: guards and the table of actions → ended without a call, or checking.
 * - **checking**: if the job protects everyone with an admin role from every action, the user's roles are looked up →
 *   ended without a call, or sending.
 * - **sending**: with a slot and a permit, the intent goes to disk, then the call leaves. If the read grew old
 *   meanwhile → reading. Applied → applied, or ended if nothing more needs to be asked. Refused because of status →
 *   refused. Certainly not applied → waiting. Outcome not known → doubt. Refused, perhaps because of the token → held.
 *   Anything else → ended.
 * - **applied**: Okta's answer is on disk. If the job verifies the call, the user is looked up, and a transition is
 *   followed to its end → ended: as succeeded, or as failed if the call did not hold. If the job does not verify it, a
 *   read may add the status that the call led to → ended.
 * - **refused**: Okta's answer is on disk and names the status as the reason. One more read → ended. Refused as well,
 *   perhaps because of the token → held.
 * - **held**: refused, perhaps because of the token. The users are the cause → ended; but a refused look at a doubt is made
 *   once more → doubt. The token is the cause → the run stops.
 * - **waiting**: for as long as the failure demands → reading.
 * - **ended**: how the task ended, and the read of the user that is still current.
 * - **left**: without a result, because the execution only settles, or the task's turn comes later.
 *
 * - **T1** No call leaves before its intent is on disk, and none while an earlier one is in doubt.
 * - **T2** Okta's answer is on disk before anything else is awaited; a result that follows at once goes with it.
 * - **T3** A call that was applied is never sent again.
 * - **T4** Credentials that Okta refuses, a network that stays down and a stop leave the task without a result.
 * - **T5** A call that did not hold is not sent again by itself.
 * - **T6** With the order `step`, no call leaves for a step that is over.
 */
export type TaskState =
  | { readonly at: 'lost'; readonly since: number }
  | { readonly at: 'doubt'; readonly open: OpenAttempt; readonly notBefore: number | null }
  | { readonly at: 'reading'; readonly known: FoundUser | FailedRead | null }
  | { readonly at: 'deciding'; readonly read: FoundUser | null }
  | { readonly at: 'checking'; readonly read: FoundUser | null }
  | { readonly at: 'sending'; readonly read: FoundUser | null }
  | { readonly at: 'applied'; readonly ofLink: LinkEnding }
  | { readonly at: 'refused'; readonly answer: Answer }
  | {
      readonly at: 'held'
      readonly decided: Promise<void>
      readonly ending: Ending
      /** The attempt to look into once more, if it was a look at a doubt that was refused. */
      readonly open?: OpenAttempt
    }
  | {
      readonly at: 'waiting'
      readonly milliseconds: number
      readonly parked: boolean
      /** What was read just before; null when it no longer holds. */
      readonly known: FoundUser | null
    }
  | { readonly at: 'ended'; readonly ending: Ending; readonly read: FoundUser | null }
  | { readonly at: 'left' }

/** What a task has learned so far. Every state adds to it. */
export interface TaskHistory {
  /** The user as last seen, or as recorded in the journal. */
  user: { readonly id: string; readonly login: string } | null
  status: string | null
  statusBefore: string | null
  lastWord: LastWord | null
  attempts: number
  /** How many of them never left. */
  unsent: number
  readonly startedAt: string
  /** How many attempts were judged "not applied" by what Okta showed. Such an attempt may still be applied late. */
  judgedNotApplied: number
  /** Failures for passing reasons. Refusals by a rate limit don't count. */
  setbacks: number
  /** How often Okta refused the call because the user is in transition. */
  transitionLooks: number
  /** Repeats that only the job's `in_doubt: retry` allowed. */
  repeats: number
  /** The request that the next call repeats. */
  retryOf: RetryOf
}
