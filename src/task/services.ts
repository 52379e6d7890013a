import type { Fence } from '../files/synced-appends.ts'
import type { Job } from '../job/job.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { LookupParts } from '../lookup/paced-get.ts'
import type { Gate } from '../lookup/refusal-gate.ts'
import type { RoleChecks } from '../lookup/role-checks.ts'
import type { ProtectedUsers, TokenOwner } from '../rules/guards.ts'
import type { PlanToFollow } from '../rules/planned.ts'
import type { TaskPlace } from '../rules/result.ts'
import type { ActivationLinks } from '../run/activation-links.ts'
import type { MeantUsers } from '../run/meant-users.ts'
import type { UnheardTasks } from './unheard-tasks.ts'

/**
 * Is told of failures before their results are recorded. Otherwise calls that a bound should have stopped would still
 * leave.
 */
interface FailureWatch {
  /** A task has failed: Okta has answered, and the answer is not on disk yet. */
  readonly foresee: (place: TaskPlace) => void
  /** A task has failed, unless the look-up that follows shows otherwise. Calls may be held until {@link decided}. */
  readonly doubt: (place: TaskPlace) => void
  /** The look-up is over; if it showed a failure, {@link foresee} was called first. */
  readonly decided: (place: TaskPlace) => void
}

/** What the tasks of one execution share. */
export interface Services {
  readonly job: Job
  readonly owner: TokenOwner
  readonly protect: ProtectedUsers
  /** Looks up each user's admin roles before the first call; null if the job does not ask for that. */
  readonly roles: RoleChecks | null
  /** The saved plan that the run carries out; null if there is none. */
  readonly plan: PlanToFollow | null
  readonly lookup: LookupParts
  readonly recorder: Recorder
  /** The user whom Okta has shown last, in this execution or, by the journal, before; null: nobody yet. */
  readonly witness: { id: string | null }
  /** The users to whom the names in the rows have led so far. */
  readonly meant: MeantUsers
  readonly failures: FailureWatch
  readonly unheard: UnheardTasks
  /** Where activation links go; null if the job asks for none. */
  readonly links: ActivationLinks | null
  /** Separate gates for lifecycle calls and for the reads before them: a token may allow one and not the other. */
  readonly sends: Gate
  readonly reads: Gate
  readonly requestTimeoutMs: number
  /**
   * When this execution began, by Okta's clock as far as that is known by now, and never too early: any process that held the
   * run before was gone by then.
   */
  readonly begunAt: () => number
  /** The same moment as a mark of the lookup's clock. */
  readonly begunMark: number
  /**
   * Whether a process that held the run before may live on: it has only lost the run by its silence. Then its calls may
   * have run into their time limit unheard.
   */
  readonly senderMayLive: boolean
  /** Whether the execution only settles unsettled calls and sends none. */
  readonly settleOnly: boolean
  /** The run that this one takes back; null if it is not an undo. */
  readonly undoOf: string | null
  /**
   * With the order `step`: up to which step all are over, because a call of a later one was applied or may have been.
   * 0: none is. What an earlier execution left of such a step was held, and nothing more is sent for it.
   */
  readonly steps: { over: number }
  /** Tells, right before a call leaves, whether this process still holds the run. */
  readonly hold: Fence
}
