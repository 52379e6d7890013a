import { Deadline } from '../files/deadline.ts'
import { isOld } from '../lookup/read-settled-user.ts'
import type { FoundUser } from '../lookup/read-user.ts'
import { type Answer, wasWithdrawn } from '../okta/answer.ts'
import { asRetry, lifecycleRequest } from '../okta/request.ts'
import { leavesWithinMs, undatedWithinMs } from '../rules/doubt.ts'
import { lastWordOf } from './ending.ts'
import type { Services } from './services.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/** A call that was sent, and when, by this process's monotonic clock. */
export interface SentCall {
  readonly answer: Answer
  readonly sentAt: number
  /** The latest moment at which the request could have left, by Okta's clock. */
  readonly sentOktaTime: number
}

/**
 * Sends the task's call once it has a slot and a permit: first the intent goes to disk, then the call leaves (T1). If
 * that takes too long, the call does not leave any more: another process may soon take it for lost. If its connection
 * took too long, that is a failure like others of the network. An intent is dated by Okta's clock, so none is written after
 * a leap of this machine's clock until an answer has shown what it was. If no answer has ever shown Okta's time, the intent
 * says that, and nothing is judged by it.
 *
 * @returns null if nothing was sent, because the read grew old meanwhile or the call was held back; `late` if its intent
 *   grew old, because the disk or the store took so long, or if Okta's time is not known for sure
 * @throws RunStopped when the run stops first, HoldLost when another process has taken the run over
 */
export async function sendCall(
  services: Services,
  task: TaskInput,
  history: TaskHistory,
  read: FoundUser | null,
  mayLeave: () => boolean,
): Promise<SentCall | 'late' | null> {
  const { lookup, recorder, job, requestTimeoutMs, hold } = services
  const { pacer, clock, send } = lookup
  const request = lifecycleRequest(task.target, task.action, {
    sendEmail: task.sendEmail ?? job.options.send_email,
    respondAsync: job.options.respond_async,
  })
  let sentAt = 0
  let sentOktaTime = 0
  let end = new Deadline(0)
  let isLate = false
  let isHeldBack = false
  const mayStillLeave = (permitHolds: () => boolean): boolean => {
    isLate = end.passed || !permitHolds()
    // Once the run stops, also a call whose connection is still opening stays here.
    isHeldBack = !isLate && (lookup.stop.reason !== null || !mayLeave())
    return !isLate && !isHeldBack
  }
  const recordHeldBack = (): Promise<void> => {
    history.unsent++
    return recorder.record({
      event: 'not_applied',
      unsent: true,
      row: task.row,
      step: task.step,
      attempt: history.attempts,
      why: isLate
        ? `it could not leave within ${leavesWithinMs / 1000} s`
        : "it was held back by a stop, or because of Okta's answers to other calls",
    })
  }
  const noteLeaving = (): void => {
    sentAt = performance.now()
    sentOktaTime = clock.nowAtMost()
  }
  const answer = await pacer.request(request.bucket, {
    prepare: async (permitHolds) => {
      if (!hold.valid) await hold.ensure()
      // An intent that is dated too early is settled too early, after a kill.
      isLate = !clock.sure
      if (isLate || !permitHolds() || !mayLeave() || (read !== null && isOld(lookup, read))) return false
      const oktaTime = Math.round(clock.now())
      end = new Deadline(leavesWithinMs)
      history.attempts++
      await recorder.record({
        event: 'intent',
        row: task.row,
        step: task.step,
        attempt: history.attempts,
        okta_time: oktaTime,
        okta_time_at_least: clock.known ? Math.floor(clock.nowAtLeast()) : oktaTime - undatedWithinMs,
        ...(clock.dated ? {} : { without_date: true as const }),
        started_at: history.startedAt,
        user_id: task.target,
        login: read?.user.login ?? null,
        status: read?.user.status ?? null,
        status_changed: read?.user.statusChanged ?? null,
        request_timeout_ms: requestTimeoutMs,
      })
      // Writing may have taken long, and the call must leave under a valid hold.
      if (!hold.valid) await hold.ensure()
      if (mayStillLeave(permitHolds)) return true
      await recordHeldBack()
      return false
    },
    send: (permitHolds) => {
      noteLeaving()
      return send(asRetry(request, history.retryOf), () => {
        if (!mayStillLeave(permitHolds)) return false
        // The machine may have slept while the connection opened.
        noteLeaving()
        return true
      })
    },
  })
  if (answer === null) return isLate ? 'late' : null
  if (isHeldBack && wasWithdrawn(answer)) {
    // It was to leave, but a question came up while its connection opened. It waits for that, and for nothing else.
    await recordHeldBack()
    return null
  }
  history.lastWord = lastWordOf(answer)
  const requestId = history.retryOf.requestId ?? history.lastWord.requestId
  history.retryOf = { requestId, count: history.retryOf.count + 1 }
  return { answer, sentAt, sentOktaTime: Math.ceil(sentOktaTime) }
}
