import { isUndated, latestTimeOf } from '../journal/intent-time.ts'
import type { OpenAttempt } from '../journal/task-progress.ts'
import {
  leavesWithinMs,
  mailPauseMs,
  type SendingTimes,
  settlesAt,
  type TimedOut,
  underWayUntil,
} from '../rules/doubt.ts'
import { timeNotTold } from '../rules/stop-reasons.ts'
import { sendsMail } from './keep-link.ts'
import type { Services } from './services.ts'
import type { TaskInput } from './state.ts'

/**
 * Waits for the rest of the pause during which a call that sends mail is not repeated. Only this user waits.
 *
 * @param notBefore as for {@link waitUntil}
 * @returns whether it waited; if so, the user must be looked up again
 */
export async function paused(
  services: Services,
  task: TaskInput,
  open: OpenAttempt,
  notBefore: number | null,
): Promise<boolean> {
  const { job, lookup } = services
  if (!sendsMail(job, task)) return false
  const { clock, stop, orgUrl } = lookup
  if (!clock.known) throw stop.because(timeNotTold(orgUrl, 'how long ago a mail may have been sent'))
  const left = mailPauseMs - sentAgo(services, open, notBefore)
  if (left <= 0) return false
  const wait = { why: 'mail', until: clock.now() + left } as const
  await lookup.waits.during(wait, () => lookup.parked(() => stop.wait(left)))
  return true
}

/** How long ago an attempt left, in ms, and certainly no longer. */
function sentAgo(
  { begunAt, begunMark, lookup }: Services,
  open: OpenAttempt,
  notBefore: number | null,
): number {
  const { clock } = lookup
  const { intent, doubt } = open
  if (isUndated(intent)) return notBefore === null ? clock.mark() - begunMark : performance.now() - notBefore
  const intended = latestTimeOf(intent)
  const latest = Math.max(intended, Math.min(intended + leavesWithinMs, begunAt()))
  return clock.nowAtLeast() - (intent.lost ? begunAt() : (doubt?.sent_okta_time ?? latest))
}

/**
 * Waits until an attempt in doubt can no longer be under way. Only this user waits.
 *
 * @param notBefore by this process's monotonic clock, in ms; null for an attempt of an earlier process, which is timed by
 *   Okta's clock. While no answer has shown that, or if none had when the attempt was made, all that is known is that it
 *   left before this process began.
 * @throws RunStopped when the run stops first
 */
export async function waitUntil(
  services: Services,
  open: OpenAttempt,
  notBefore: number | null,
): Promise<void> {
  const { clock, stop, parked, waits } = services.lookup
  const left = notBefore === null ? leftOfEarlier(services, open) : notBefore - performance.now()
  const wait = { why: 'unanswered', until: clock.now() + left } as const
  await waits.during(wait, () => parked(() => stop.wait(left)))
}

/** How much longer an attempt of an earlier process may be under way, in ms. */
function leftOfEarlier(services: Services, open: OpenAttempt): number {
  const { clock } = services.lookup
  const { intent, doubt } = open
  const how = { atOnce: doubt?.at_once ?? false, timedOut: timedOutOf(services, open) }
  const limit = intent.request_timeout_ms
  if (!clock.known || isUndated(intent)) {
    const began = services.begunMark
    return settlesAt({ intended: began, sent: null, senderGone: began }, how, limit) - clock.mark()
  }
  const { intended, sent, senderGone } = timesOf(services, open)
  // Whoever sent it was gone when this process began. A later time is by a clock that was wrong then.
  const times = {
    intended: Math.min(intended, senderGone),
    sent: sent === null ? null : Math.min(sent, senderGone),
    senderGone,
  }
  return settlesAt(times, how, limit) - clock.nowAtLeast()
}

/**
 * Whether the sender may have given up on the call, on which Okta may have gone on working. A sender that could not write
 * any more, because its disk was full or it had lost the run, may have waited out the time limit without a word of it.
 */
function timedOutOf(
  { senderMayLive, begunAt }: Services,
  { intent, doubt }: Pick<OpenAttempt, 'intent' | 'doubt'>,
): TimedOut {
  if (doubt !== null) return doubt.timed_out ? 'yes' : 'no'
  if (senderMayLive) return 'yes'
  // An undated or lost attempt is waited for as if it had left just before its sender ended. One that ran into its time limit
  // had left at least that limit earlier, so that twice the limit is over by then.
  if (isUndated(intent) || intent.lost) return 'no'
  return begunAt() - intent.okta_time_at_least >= intent.request_timeout_ms ? 'perhaps' : 'no'
}

function timesOf(
  { begunAt }: Services,
  { intent, doubt }: Pick<OpenAttempt, 'intent' | 'doubt'>,
): SendingTimes {
  return {
    intended: latestTimeOf(intent),
    sent: intent.lost ? begunAt() : (doubt?.sent_okta_time ?? null),
    senderGone: begunAt(),
  }
}

/**
 * The latest moment at which Okta could have applied an attempt, in epoch ms by its clock; infinite if that is not known.
 */
export function latestOf(services: Services, open: Pick<OpenAttempt, 'intent' | 'doubt'>): number {
  if (isUndated(open.intent)) return Number.POSITIVE_INFINITY
  return underWayUntil(timesOf(services, open), timedOutOf(services, open), open.intent.request_timeout_ms)
}
