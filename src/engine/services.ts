import type { Pacer } from '../budget/pacer.ts'
import type { Tally } from '../budget/tally.ts'
import type { Job } from '../job/job.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { StopSwitch } from '../messages/stop.ts'
import type { Answer } from '../okta/answer.ts'
import type { OktaClock } from '../okta/clock.ts'
import type { OktaRequest } from '../okta/request.ts'
import type { TokenOwner } from '../rules/guards.ts'
import type { RefusalStreak } from '../rules/refusal-streak.ts'
import type { ActivationLinks } from './activation-links.ts'

/** What the tasks of one execution share. */
export interface Services {
  readonly job: Job
  readonly owner: TokenOwner
  /** Sends one request, at once. */
  readonly send: (request: OktaRequest) => Promise<Answer>
  readonly pacer: Pacer
  readonly clock: OktaClock
  readonly recorder: Recorder
  readonly stop: StopSwitch
  readonly tally: Tally
  /** Where activation links go; null where the job asks for none. */
  readonly links: ActivationLinks | null
  /** Refusals of lifecycle calls, and of reads: a token may be allowed one and not the other. */
  readonly sendPermission: RefusalStreak
  readonly readPermission: RefusalStreak
  /** Users that could not be read, since nothing that Okta would say came back. */
  readonly unreadable: RefusalStreak
  readonly requestTimeoutMs: number
  /** When this execution began, by Okta's clock and not too early: whatever process held the run before was gone by then. */
  readonly begunAt: number
  /** Waits for something while the row that waits lets another take its place among those at work. */
  readonly parked: <T>(wait: () => Promise<T>) => Promise<T>
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}
