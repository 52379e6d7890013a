import type { OpenAttempt } from '../../journal/journal-state.ts'
import {
  backoffMs,
  concurrencyWaitMs,
  maxSetbacks,
  transitionPatienceMs,
  transitionWaitMs,
} from '../../lookup/backoff.ts'
import { isOld, readSettledUser } from '../../lookup/read-settled-user.ts'
import { type FailedRead, type FoundUser, readUser } from '../../lookup/read-user.ts'
import type { Action } from '../../okta/actions.ts'
import { type Answer, describeAnswer } from '../../okta/answer.ts'
import { classifyLifecycle, type Outcome } from '../../okta/classify.ts'
import { asRetry, lifecycleRequest, type RetryOf } from '../../okta/request.ts'
import { looksLikeUserId, type OktaUser } from '../../okta/user.ts'
import { decide, decideAfterRefusal } from '../../rules/decide.ts'
import { guardKey, guardUser } from '../../rules/guards.ts'
import type { TaskResult } from '../../rules/result.ts'
import { stopForCredentials, stopForPermission, stopNothingSent } from '../../rules/stop-reasons.ts'
import type { Services } from '../services.ts'
import { endApplied } from './applied.ts'
import { type Ending, type LastWord, lastWordOf } from './ending.ts'
import { keepLink, type LinkedTask, withLostLink } from './keep-link.ts'
import { settleDoubt } from './settle-doubt.ts'
import { buildResult } from './task-result.ts'

/** What a task is, and what its row already found out. */
export interface TaskInput {
  readonly row: number
  readonly step: number
  /** The key as the row gives it. */
  readonly userKey: string
  readonly action: Action
  readonly sendEmail: boolean | null
  /** What the call goes to: the id, or the key itself where users are not read. */
  readonly target: string
  /** A read that the row has just made; null where there is none. */
  readonly read: FoundUser | FailedRead | null
}

/** A result that is ready to be recorded. */
export interface EndedTask {
  readonly result: TaskResult
  /** What was read of the user and still holds, since nothing was sent after it. */
  readonly read: FoundUser | null
}

/**
 * The life of one task, from its first read to its result.
 *
 * States and transitions:
 * - **doubt**: an attempt has no known end, in this execution or an earlier one. Once it can no longer be under way, Okta is
 *   asked. Applied → succeeded. Not applied → reading. Someone else acted, or nothing tells → in_doubt.
 * - **reading**: the user is read by id, unless a read of this window is at hand or the job reads none. Unknown or
 *   unreadable → failed. In transition → reading again after a wait, bounded.
 * - **deciding**: guards → skipped; the table of actions → unchanged, failed, or sending.
 * - **sending**: with a slot and a permit: the intent to disk, then the call. A read that grew old meanwhile → reading.
 *   Applied → succeeded. Refused because of status → one more read → unchanged or failed. Certainly not applied → reading,
 *   after the wait that its cause asks for. Nobody knows → doubt. Anything else → failed.
 *
 * Credentials that Okta refuses, and a network that stays away, end the run and leave the task without a result.
 */
export class Task {
  readonly #services: Services
  readonly #input: TaskInput
  readonly #open: OpenAttempt | null
  readonly #startedAt: string
  /** The last read, as long as it may be acted on. */
  #read: FoundUser | FailedRead | null
  /** The user as last seen. */
  #user: OktaUser | null
  #statusBefore: string | null = null
  #lastWord: LastWord | null
  #attempts: number
  /** Failures for passing reasons; refusals by a rate limit are none. */
  #setbacks = 0
  #transitionLooks = 0
  /** When the last call was handed to the network, by Okta's clock and not too early. */
  #sentAt = 0
  /** What the next call would be a repetition of. */
  #retryOf: RetryOf = { requestId: null, count: 0 }

  constructor(services: Services, input: TaskInput) {
    const progress = services.recorder.state.progressOf(input.row, input.step)
    this.#services = services
    this.#input = input
    this.#open = progress?.open ?? null
    this.#read = input.read
    this.#user = input.read?.kind === 'found' ? input.read.user : null
    this.#lastWord = input.read === null ? null : lastWordOf(input.read)
    this.#attempts = progress?.attempts ?? 0
    this.#startedAt = progress?.startedAt ?? new Date().toISOString()
  }

  /**
   * Runs the task to its end. The result is not recorded here.
   *
   * @throws RunStopped where the run stops first
   */
  async run(): Promise<EndedTask> {
    let ending = this.#open === null ? null : await this.#settle(this.#open)
    while (ending === null) {
      this.#services.stop.check()
      ending = this.#services.job.read_first ? await this.#prepare() : this.#guardUnread()
      ending ??= await this.#attempt()
    }
    return {
      result: this.#result(ending),
      read: this.#read?.kind === 'found' ? this.#read : null,
    }
  }

  /** Reading and deciding. Null: the call may be sent. */
  async #prepare(): Promise<Ending | null> {
    const read =
      this.#read?.kind === 'failed'
        ? this.#read
        : await readSettledUser(this.#services, this.#input, this.#input.target, this.#read)
    this.#see(read)
    if (read.kind === 'failed') return failedRead(read)
    const { job, owner } = this.#services
    const { status, transitioningToStatus } = read.user
    this.#statusBefore ??= status
    const guards = { protect: job.guards.protect, onlyStatus: job.guards.only_status, owner }
    const verdict = guardUser(read.user, guards)
    if (verdict !== null) return { result: 'skipped', ...verdict, statusAfter: status }
    if (transitioningToStatus !== null) {
      const minutes = transitionPatienceMs / 60_000
      const message = `user is still in transition from ${status} to ${transitioningToStatus} after ${minutes} minutes`
      return { result: 'failed', message, statusAfter: status }
    }
    const decision = decide(this.#input.action, status)
    return decision.kind === 'send'
      ? null
      : { result: decision.kind, message: decision.message, statusAfter: status }
  }

  #guardUnread(): Ending | null {
    const verdict = guardKey(this.#input.userKey, this.#services.owner)
    return verdict === null ? null : { result: 'skipped', ...verdict }
  }

  /** Sending. Null: the task goes on from reading. */
  async #attempt(): Promise<Ending | null> {
    const { pacer, recorder, clock, send, job, requestTimeoutMs } = this.#services
    const { row, step, action, target, sendEmail } = this.#input
    const read = this.#read?.kind === 'found' ? this.#read : null
    const request = lifecycleRequest(target, action, {
      sendEmail: sendEmail ?? job.options.send_email,
      respondAsync: job.options.respond_async,
    })
    const prepare = async (): Promise<boolean> => {
      if (read !== null && isOld(this.#services, read)) return false
      this.#attempts++
      await recorder.record({
        event: 'intent',
        row,
        step,
        attempt: this.#attempts,
        okta_time: Math.round(clock.now()),
        started_at: this.#startedAt,
        user_id: target,
        login: read?.user.login ?? null,
        status: read?.user.status ?? null,
        status_changed: read?.user.statusChanged ?? null,
        request_timeout_ms: requestTimeoutMs,
      })
      return true
    }
    const answer = await pacer.request(request.bucket, {
      prepare,
      send: () => {
        this.#sentAt = clock.nowAtMost()
        return send(asRetry(request, this.#retryOf))
      },
    })
    this.#read = null
    if (answer === null) return null
    this.#lastWord = lastWordOf(answer)
    const requestId = this.#retryOf.requestId ?? this.#lastWord.requestId
    this.#retryOf = { requestId, count: this.#retryOf.count + 1 }
    return this.#conclude(classifyLifecycle(action, answer), answer)
  }

  async #conclude(outcome: Outcome, answer: Answer): Promise<Ending | null> {
    const { stop, random, sendPermission } = this.#services
    switch (outcome.kind) {
      case 'applied':
        sendPermission.allowed()
        return await this.#applied(answer)
      case 'rate_limited':
        // No wait here: the budget has closed the bucket for all.
        this.#notApplied(answer, 'rate_limited')
        return null
      case 'concurrency_limited':
        this.#notApplied(answer, 'concurrency_limited')
        await stop.wait(concurrencyWaitMs(random()))
        return null
      case 'in_transition':
        return this.#waitForTransition(answer)
      case 'not_applied':
        return this.#setback(answer)
      case 'in_doubt':
        return this.#doubt(answer, outcome.settleAtOnce)
      case 'wrong_status':
        return this.#refusedByStatus(answer)
      case 'bad_credentials':
        this.#notApplied(answer, null)
        throw stopForCredentials(stop, answer)
      case 'no_permission':
        this.#notApplied(answer, null)
        if (!sendPermission.refusal(this.#input)) return this.#refused(answer)
        throw stopForPermission(this.#services, sendPermission, answer, this.#input.action)
      case 'refused':
        return this.#refused(answer)
    }
  }

  async #applied(answer: Answer): Promise<Ending> {
    // At once: until it is on disk, a link is lost with the process.
    const ofLink = await keepLink(this.#services, this.#linked(), answer)
    const ending = await endApplied(this.#services, this.#input, this.#statusBefore)
    return ofLink === '' ? ending : { ...ending, message: ending.message + ofLink }
  }

  #linked(): LinkedTask {
    const { row, step, userKey, action, sendEmail, target } = this.#input
    const id = this.#user?.id ?? (looksLikeUserId(target) ? target : null)
    const login = this.#user?.login ?? null
    return { row, step, user: userKey, action, sendEmail, okta_user_id: id, okta_login: login }
  }

  async #refusedByStatus(answer: Answer): Promise<Ending> {
    const refusal = describeAnswer(answer)
    const read = await readUser(this.#services, this.#input, this.#input.target)
    if (read.kind === 'failed') {
      return { result: 'failed', message: read.notFound ? read.message : `${refusal}; ${read.message}` }
    }
    this.#user = read.user
    this.#statusBefore ??= read.user.status
    const decision = decideAfterRefusal(this.#input.action, read.user.status, refusal)
    return { result: decision.kind, message: decision.message, statusAfter: read.user.status }
  }

  async #waitForTransition(answer: Answer): Promise<Ending | null> {
    const { parked, stop } = this.#services
    this.#notApplied(answer, 'in_transition')
    this.#transitionLooks++
    if (this.#transitionLooks * 5_000 > transitionPatienceMs) return this.#refused(answer)
    await parked(() => stop.wait(transitionWaitMs(this.#transitionLooks)))
    return null
  }

  /** After a failure that was certainly no application: wait and go on, or end the run if it stays. */
  async #setback(answer: Answer): Promise<null> {
    const { stop, random } = this.#services
    this.#notApplied(answer, answer.kind === 'unanswered' ? 'connection' : 'server_error')
    this.#setbacks++
    if (this.#setbacks >= maxSetbacks) throw stopNothingSent(this.#services, answer)
    await stop.wait(backoffMs(this.#setbacks, random()))
    return null
  }

  async #doubt(answer: Answer, atOnce: boolean): Promise<Ending | null> {
    const { recorder, random, parked, stop } = this.#services
    const { row, step } = this.#input
    const why = describeAnswer(answer)
    recorder.note({
      event: 'in_doubt',
      row,
      step,
      attempt: this.#attempts,
      at_once: atOnce,
      sent_okta_time: Math.ceil(this.#sentAt + (answer.connectedAfterMs ?? 0)),
      why,
    })
    const open = recorder.state.progressOf(row, step)?.open
    if (open === null || open === undefined) throw new Error('An attempt in doubt has no intent.')
    this.#setbacks++
    const ending = await this.#settle(open)
    if (ending !== null) return ending
    if (this.#setbacks >= maxSetbacks) {
      const message = `not applied after ${this.#attempts} attempts; the last: ${why}`
      return { result: 'failed', message, statusAfter: this.#user?.status ?? null }
    }
    await parked(() => stop.wait(backoffMs(this.#setbacks, random())))
    return null
  }

  /** Doubt. Null: the attempt was not applied, and the task goes on. */
  async #settle(open: OpenAttempt): Promise<Ending | null> {
    this.#statusBefore ??= open.intent.status
    const { ending, read } = await settleDoubt(this.#services, this.#input.action, open)
    this.#see(read)
    if (ending === null) return null
    if (ending.result === 'succeeded') this.#services.sendPermission.allowed()
    return withLostLink(this.#services, this.#linked(), this.#startedAt, ending)
  }

  #see(read: FoundUser | FailedRead): void {
    this.#read = read
    if (read.kind === 'found') this.#user = read.user
    this.#lastWord = lastWordOf(read)
  }

  #refused(answer: Answer): Ending {
    return { result: 'failed', message: describeAnswer(answer), statusAfter: this.#user?.status ?? null }
  }

  #notApplied(answer: Answer, retry: Parameters<Services['tally']['retry']>[0] | null): void {
    const { recorder, tally } = this.#services
    const { row, step } = this.#input
    recorder.note({ event: 'not_applied', row, step, attempt: this.#attempts, why: describeAnswer(answer) })
    if (retry !== null) tally.retry(retry)
  }

  #result(ending: Ending): TaskResult {
    return buildResult(this.#input, ending, {
      // Where users are not read, a key in the form of an id is taken for one.
      unreadId: !this.#services.job.read_first && looksLikeUserId(this.#input.target),
      user: this.#user,
      statusBefore: this.#statusBefore,
      lastWord: this.#lastWord,
      attempts: this.#attempts,
      startedAt: this.#startedAt,
    })
  }
}

function failedRead(read: FailedRead): Ending {
  return { result: 'failed', message: read.message }
}
