import type { RetryCause } from '../budget/tally.ts'
import type { IntentEvent, JournalEvent, VerdictEvent } from '../journal/journal-event.ts'
import type { OpenAttempt } from '../journal/task-progress.ts'
import type { LookupParts } from '../lookup/paced-get.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import { type Answer, describeAnswer } from '../okta/answer.ts'
import type { Observation } from '../rules/doubt.ts'
import { lastWordOf } from './ending.ts'
import type { SentCall } from './send.ts'
import type { Services } from './services.ts'
import type { TaskHistory, TaskInput } from './state.ts'

/** A task whose attempts are journalled. */
export interface LoggedTask {
  readonly services: Services
  readonly input: TaskInput
  readonly history: TaskHistory
}

/** Records Okta's answer; resolves when it is on disk (T2). */
export async function recordAnswer(
  task: LoggedTask,
  answer: Answer,
  outcome: 'applied' | 'refused',
): Promise<void> {
  await task.services.recorder.record(answerEvent(task, answer, outcome))
}

/**
 * Records that a call was applied, without waiting: the task's result follows in the same turn, in the same write (T2).
 */
export function noteApplied(task: LoggedTask, answer: Answer): void {
  task.services.recorder.note(answerEvent(task, answer, 'applied'))
}

function answerEvent(
  { services, input, history }: LoggedTask,
  answer: Answer,
  outcome: 'applied' | 'refused',
): JournalEvent {
  const { httpStatus, errorCode, requestId } = lastWordOf(answer)
  const { clock } = services.lookup
  const atMost = answeredBy(clock, answer)
  return {
    event: 'answer',
    row: input.row,
    step: input.step,
    attempt: history.attempts,
    outcome,
    // In the middle, so that it tells the earliest moment together with the latest one.
    okta_time: Math.round((clock.nowAtLeast() + atMost) / 2),
    okta_time_at_most: Math.ceil(atMost),
    http_status: httpStatus,
    error_code: errorCode,
    request_id: requestId,
    message: outcome === 'applied' ? `Okta accepted ${input.action}` : describeAnswer(answer),
  }
}

/**
 * The latest moment at which Okta can have given an answer, in epoch ms by its clock. The answer itself names its second: an
 * undo leaves alone whoever was changed in a later one. After a sleep of the machine, the clock allows for all of it.
 */
function answeredBy(clock: LookupParts['clock'], answer: Answer): number {
  const atMost = clock.nowAtMost()
  if (answer.kind !== 'answered' || answer.date === undefined) return atMost
  return Math.max(clock.nowAtLeast(), Math.min(atMost, answer.date + 999))
}

/** Records that an attempt was certainly not applied and is sent again. */
export async function recordNotApplied(task: LoggedTask, answer: Answer, retry: RetryCause): Promise<void> {
  const { services, input, history } = task
  const why = describeAnswer(answer)
  const { row, step } = input
  await services.recorder.record({ event: 'not_applied', row, step, attempt: history.attempts, why })
  services.lookup.tally.retry(retry)
}

/** Records that nobody knows whether an attempt was applied. */
export async function recordDoubt(task: LoggedTask, call: SentCall, atOnce: boolean): Promise<OpenAttempt> {
  const { services, input, history } = task
  await services.recorder.record({
    event: 'in_doubt',
    row: input.row,
    step: input.step,
    attempt: history.attempts,
    at_once: atOnce,
    timed_out: hasTimedOut(call),
    sent_okta_time: call.sentOktaTime,
    why: describeAnswer(call.answer),
  })
  return openAttemptOf(task)
}

/** Whether our own time limit ended the call. */
export function hasTimedOut({ answer }: SentCall): boolean {
  return answer.kind === 'unanswered' && answer.code === 'TIMEOUT'
}

/**
 * Records an attempt that may have been lost with a part of the journal.
 *
 * @param since when that part began, in epoch ms by Okta's clock
 */
export async function recordLost(task: LoggedTask, since: number): Promise<OpenAttempt> {
  const { services, input, history } = task
  // The loss began before this process did.
  const by = Math.max(since, Math.min(services.recorder.state.lostBy ?? since, services.begunAt()))
  history.attempts++
  await services.recorder.record({
    event: 'intent',
    row: input.row,
    step: input.step,
    attempt: history.attempts,
    okta_time: by,
    okta_time_at_least: since,
    started_at: history.startedAt,
    user_id: input.target,
    // Whoever was not judged is nobody's user: a later execution must judge the row all the same.
    login: input.unjudged === undefined ? (history.user?.login ?? null) : null,
    status: null,
    status_changed: null,
    request_timeout_ms: services.requestTimeoutMs,
    lost: true,
  })
  return openAttemptOf(task)
}

function openAttemptOf({ services, input }: LoggedTask): OpenAttempt {
  const open = services.recorder.state.progressOf(input)?.last
  if (open?.kind !== 'open') throw new Error('An attempt in doubt has no intent.')
  return open
}

/** Since when the user is where a call leads, if Okta shows that: an undo takes back that change and no later one. */
export function shownSince(
  action: Action,
  { status, statusChanged, transitioningToStatus }: Observation['user'],
): Pick<VerdictEvent, 'status_changed'> {
  const { doubt, target } = ruleOf(action)
  const isThere = doubt === 'status' && target.includes(status) && transitioningToStatus === null
  return isThere && statusChanged !== null ? { status_changed: statusChanged } : {}
}

/**
 * Records that an attempt that was judged "not applied" has proved to be applied after all, without waiting: the task's
 * result follows in the same turn.
 */
export function noteAppliedLate(
  { services, input }: LoggedTask,
  { attempt }: Pick<IntentEvent, 'attempt'>,
  user: Observation['user'],
  evidence: string,
): void {
  const { row, step, action } = input
  const since = shownSince(action, user)
  services.recorder.note({ event: 'verdict', row, step, attempt, verdict: 'applied', evidence, ...since })
}
