import type { OpenAttempt } from '../journal/task-progress.ts'
import { leavesWithinMs, mailPauseMs, type SendingTimes, settlesAt, underWayUntil } from '../rules/doubt.ts'
import { timeNotTold } from '../rules/stop-reasons.ts'
import { sendsMail } from './keep-link.ts'
import type { Services } from './services.ts'
import type { TaskInput } from './state.ts'

/**
 * Waits for the rest of the pause during which a call that sends mail is not repeated. Only this user waits.
 *
 * @returns whether it waited; if so, the user must be looked up again
 */
export async function paused(
  { job, lookup, begunAt }: Services,
  task: TaskInput,
  { intent, doubt }: OpenAttempt,
): Promise<boolean> {
  if (!sendsMail(job, task)) return false
  const { clock, stop, orgUrl } = lookup
  if (!clock.known) throw stop.because(timeNotTold(orgUrl, 'how long ago a mail may have been sent'))
  const latest = Math.max(intent.okta_time, Math.min(intent.okta_time + leavesWithinMs, begunAt))
  const sent = intent.lost ? begunAt : (doubt?.sent_okta_time ?? latest)
  const left = sent + mailPauseMs - clock.nowAtLeast()
  if (left <= 0) return false
  const wait = { why: 'mail', until: clock.now() + left } as const
  await lookup.waits.during(wait, () => lookup.parked(() => stop.wait(left)))
  return true
}

/**
 * Waits until an attempt in doubt can no longer be under way. Only this user waits.
 *
 * @param notBefore by this process's monotonic clock, in ms; null for an attempt of an earlier process, which is timed by
 *   Okta's clock. While no answer has shown that, all that is known is that the attempt left before this process began.
 * @throws RunStopped when the run stops first
 */
export async function waitUntil(
  services: Services,
  open: OpenAttempt,
  notBefore: number | null,
): Promise<void> {
  const { clock, stop, parked, waits } = services.lookup
  const { intent, doubt } = open
  const how = { atOnce: doubt?.at_once ?? false, timedOut: hasTimedOut(services, open) }
  const times = timesOf(services, open)
  const now = clock.nowAtLeast()
  const known = clock.known ? times : { intended: now, sent: null, senderGone: now }
  const left =
    notBefore === null
      ? settlesAt(known, how, intent.request_timeout_ms) - now
      : notBefore - performance.now()
  const wait = { why: 'unanswered', until: clock.now() + left } as const
  await waits.during(wait, () => parked(() => stop.wait(left)))
}

/** Whether the sender may have given up on the call, on which Okta may have gone on working. */
function hasTimedOut({ senderMayLive }: Services, { doubt }: OpenAttempt): boolean {
  return doubt?.timed_out ?? senderMayLive
}

function timesOf({ begunAt }: Services, { intent, doubt }: OpenAttempt): SendingTimes {
  return {
    intended: intent.okta_time,
    sent: intent.lost ? begunAt : (doubt?.sent_okta_time ?? null),
    senderGone: begunAt,
  }
}

/** The latest moment at which Okta could have applied an attempt, in epoch ms by its clock. */
export function latestOf(services: Services, open: OpenAttempt): number {
  return underWayUntil(timesOf(services, open), hasTimedOut(services, open), open.intent.request_timeout_ms)
}
