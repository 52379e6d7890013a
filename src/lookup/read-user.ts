import type { Services } from '../engine/services.ts'
import { type Answer, type Answered, describeAnswer } from '../okta/answer.ts'
import { classifyRead, type ReadOutcome } from '../okta/classify.ts'
import {
  asRetry,
  listFactorsRequest,
  type OktaRequest,
  type RetryOf,
  readUserRequest,
} from '../okta/request.ts'
import { type OktaUser, parseFactorTimes, parseUser } from '../okta/user.ts'
import type { TaskPlace } from '../rules/refusal-streak.ts'
import {
  stopForCredentials,
  stopForPermission,
  stopUnreachable,
  stopUnreadable,
} from '../rules/stop-reasons.ts'
import { backoffMs, concurrencyWaitMs, maxSetbacks } from './backoff.ts'

/** A user as read, and when. */
export interface FoundUser {
  readonly kind: 'found'
  readonly user: OktaUser
  /** Epoch milliseconds by Okta's clock, not later than the moment that the answer describes. */
  readonly readAt: number
  readonly httpStatus: number
  readonly requestId: string | null
}

/** A read that came to nothing. */
export interface FailedRead {
  readonly kind: 'failed'
  readonly message: string
  readonly notFound: boolean
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly requestId: string | null
}

/**
 * Reads a user by id, login or short name. Passing failures are tried again; the rest is the task's.
 *
 * @param task for which it is read
 * @param ahead whether the read is for work that comes later, and can wait
 * @throws RunStopped where the run stops: by the user, or because Okta refuses the credentials, can't be reached, or
 *   something else answers in its place for many users in a row
 */
export async function readUser(
  services: Services,
  task: TaskPlace,
  userKey: string,
  ahead = false,
): Promise<FoundUser | FailedRead> {
  let readAt = 0
  const beforeSending = (): void => {
    readAt = services.clock.nowAtLeast()
  }
  const answer = await get(services, readUserRequest(userKey), { task, ahead, beforeSending })
  if ('failed' in answer) return failedRead(answer.outcome, answer.failed, `user ${userKey}`)
  const user = parseUser(answer.found)
  if (user === null) {
    return failedRead(
      'refused',
      answer.found,
      `user ${userKey}`,
      'Okta showed no user that can be understood',
    )
  }
  return {
    kind: 'found',
    user,
    readAt,
    httpStatus: answer.found.httpStatus,
    requestId: answer.found.requestId,
  }
}

/** The creation times of a user's enrolled factors, in epoch ms. Failures and errors as for {@link readUser}. */
export async function readFactorTimes(
  services: Services,
  task: TaskPlace,
  userId: string,
): Promise<readonly number[] | FailedRead> {
  const answer = await get(services, listFactorsRequest(userId), {
    task,
    ahead: false,
    beforeSending: () => {},
  })
  if ('failed' in answer) return failedRead(answer.outcome, answer.failed, `the factors of user ${userId}`)
  const times = parseFactorTimes(answer.found)
  return (
    times ??
    failedRead('refused', answer.found, `the factors of user ${userId}`, 'Okta showed no list of factors')
  )
}

interface GetOptions {
  readonly task: TaskPlace
  readonly ahead: boolean
  readonly beforeSending: () => void
}

type GetResult = { readonly found: Answered } | { readonly failed: Answer; readonly outcome: ReadOutcome }

/** A GET with its retries. None of them holds a slot while it waits. */
async function get(services: Services, request: OktaRequest, options: GetOptions): Promise<GetResult> {
  const { pacer, stop, tally, random, readPermission, unreadable } = services
  let retryOf: RetryOf = { requestId: null, count: 0 }
  let successesBefore = 0
  for (let setbacks = 0; ; ) {
    stop.check()
    const answer = await pacer.request(request.bucket, {
      ahead: options.ahead,
      send: () => {
        options.beforeSending()
        return services.send(asRetry(request, retryOf))
      },
    })
    if (answer === null) continue
    if (answer.kind === 'answered') {
      retryOf = { requestId: retryOf.requestId ?? answer.requestId, count: retryOf.count + 1 }
    }
    const outcome = classifyRead(answer)
    switch (outcome) {
      case 'found':
        readPermission.allowed()
        unreadable.allowed()
        // `classifyRead` finds nothing in what was not answered.
        if (answer.kind === 'answered') return { found: answer }
        break
      case 'rate_limited':
        tally.retry('rate_limited')
        break
      case 'concurrency_limited':
        tally.retry('concurrency_limited')
        await stop.wait(concurrencyWaitMs(random()))
        break
      case 'again':
        setbacks++
        if (setbacks === 1) successesBefore = unreadable.successes
        if (setbacks >= maxSetbacks && answer.kind === 'unanswered') throw stopUnreachable(services, answer)
        if (setbacks >= patience(services, options.task, successesBefore)) {
          if (isOfAll(services, options.task, successesBefore)) throw stopUnreadable(services, answer)
          return { failed: answer, outcome }
        }
        tally.retry(answer.kind === 'unanswered' ? 'connection' : 'server_error')
        await stop.wait(backoffMs(setbacks, random()))
        break
      case 'bad_credentials':
        throw stopForCredentials(stop, answer)
      case 'no_permission':
        if (readPermission.refusal(options.task)) {
          throw stopForPermission(services, readPermission, answer, 'reading users')
        }
        return { failed: answer, outcome }
      case 'not_found':
      case 'refused':
        return { failed: answer, outcome }
    }
  }
}

/**
 * How often a user is tried. One in doubt is given up later than others while nobody can be read: they then end the run
 * first, and the doubt stays to be settled on resume.
 */
function patience(services: Services, task: TaskPlace, successesBefore: number): number {
  const waitsForOthers = isDoubted(services, task) && services.unreadable.successes === successesBefore
  return waitsForOthers ? 2 * maxSetbacks : maxSetbacks
}

/** Whether it is no longer a matter of this user that nothing of Okta's came back, try after try. */
function isOfAll(services: Services, task: TaskPlace, successesBefore: number): boolean {
  const { unreadable } = services
  // Others could be read meanwhile.
  if (unreadable.successes !== successesBefore) return false
  // A doubt must not be taken back: its attempt would be forgotten with it.
  return !isDoubted(services, task) && unreadable.refusal(task)
}

function isDoubted({ recorder }: Services, { row, step }: TaskPlace): boolean {
  return (recorder.state.progressOf(row, step)?.open ?? null) !== null
}

function failedRead(
  outcome: ReadOutcome,
  answer: Answer,
  what: string,
  why = describeAnswer(answer),
): FailedRead {
  const answered = answer.kind === 'answered' ? answer : null
  return {
    kind: 'failed',
    message:
      outcome === 'not_found' ? `${what} was not found in this org` : `${what} could not be read: ${why}`,
    notFound: outcome === 'not_found',
    httpStatus: answered?.httpStatus ?? null,
    errorCode: answered?.error?.errorCode ?? null,
    requestId: answered?.requestId ?? null,
  }
}
