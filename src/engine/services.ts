import type { Job } from '../job/job.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { LookupParts } from '../lookup/paced-get.ts'
import type { ProtectedUsers, TokenOwner } from '../rules/guards.ts'
import type { ActivationLinks } from '../run/activation-links.ts'
import type { Gate } from './refusal-gate.ts'

/** What the tasks of one execution share. */
export interface Services {
  readonly job: Job
  readonly owner: TokenOwner
  readonly protect: ProtectedUsers
  readonly lookup: LookupParts
  readonly recorder: Recorder
  /** Where activation links go; null where the job asks for none. */
  readonly links: ActivationLinks | null
  /** Refusals of lifecycle calls, and of reads before them: a token may be allowed one and not the other. */
  readonly sends: Gate
  readonly reads: Gate
  readonly requestTimeoutMs: number
  /** When this execution began, by Okta's clock and not too early: whatever process held the run before was gone by then. */
  readonly begunAt: number
  /** Whether only what is unsettled is settled, and nothing is sent. */
  readonly settleOnly: boolean
  /**
   * Makes sure that this process still holds the run, right before a call leaves.
   *
   * @throws HoldLost when it does not
   */
  readonly ensureHold: () => Promise<void>
}
