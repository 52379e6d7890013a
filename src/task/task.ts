// Longer than 300 lines because it is one machine: each state of state.ts is one method here, in the order of a task's
// life.

import type { AnswerEvent } from '../journal/journal-event.ts'
import {
  backoffMs,
  concurrencyWaitMs,
  maxSetbacks,
  transitionPatienceMs,
  transitionWaitMs,
} from '../lookup/backoff.ts'
import { waitForOkta } from '../lookup/paced-get.ts'
import { isSettled, readSettledUser } from '../lookup/read-settled-user.ts'
import { type FailedRead, type FoundUser, readUserById } from '../lookup/read-user.ts'
import type { Gate } from '../lookup/refusal-gate.ts'
import { type Action, ruleOf } from '../okta/actions.ts'
import { type Answer, describeAnswer, isOktas } from '../okta/answer.ts'
import { classifyLifecycle, type Outcome } from '../okta/classify.ts'
import type { UserStatus } from '../okta/status.ts'
import { decide, decideAfterRefusal, decideAgain, type EarlierAttempt } from '../rules/decide.ts'
import { isFromBefore } from '../rules/doubt.ts'
import { explains } from '../rules/explained-change.ts'
import { type GuardVerdict, guardId, guardKey, guardUser } from '../rules/guards.ts'
import { judgeLeftAs } from '../rules/left-as.ts'
import { judgeAgainstPlan, judgeSendingByPlan } from '../rules/planned.ts'
import { hasStoppedEnough } from '../rules/probe.ts'
import type { TaskResult } from '../rules/result.ts'
import {
  credentialsRefused,
  noCallCarriedOut,
  nothingCanBeSent,
  nothingLeaves,
} from '../rules/stop-reasons.ts'
import { endApplied, endUnread } from './applied.ts'
import {
  hasTimedOut,
  type LoggedTask,
  noteApplied,
  noteAppliedLate,
  recordAnswer,
  recordDoubt,
  recordLost,
  recordNotApplied,
} from './attempt-log.ts'
import { latestOf } from './doubt-times.ts'
import { type Ending, type LastWord, lastWordOf, withLink } from './ending.ts'
import { bringsLink, keepLink, withLostLink } from './keep-link.ts'
import { type SentCall, sendCall } from './send.ts'
import type { Services } from './services.ts'
import { settleDoubt } from './settle-doubt.ts'
import type { TaskHistory, TaskInput, TaskState } from './state.ts'
import { buildResult } from './task-result.ts'

/**
 * A task at its end. `result` is ready to be recorded; null if the execution only settles and the task needs a call.
 */
export interface EndedTask {
  readonly result: TaskResult | null
  /** The read of the user that is still current, because nothing was sent after it. */
  readonly read: FoundUser | null
}

/**
 * Carries one task from its state in the journal to its end. It does not record the result. The states, their
 * transitions and their invariants are in state.ts.
 *
 * @param known the read that the row has just made; null if there is none
 * @throws RunStopped when the run stops first: the task has no result and is taken up again
 */
export async function runTask(
  services: Services,
  input: TaskInput,
  known: FoundUser | FailedRead | null,
): Promise<EndedTask> {
  return await new Task(services, input).run(known)
}

class Task {
  readonly #services: Services
  readonly #input: TaskInput
  readonly #history: TaskHistory
  readonly #logged: LoggedTask
  /** How often in a row its call could not leave in time. */
  #lateInARow = 0
  /** Why the row's user could not be read; null if it could. */
  #unread: FailedRead | null = null
  /** Whether it was looked into once more after a refused look. */
  #hasLookedAgain = false
  /** Whether the run has had enough executions before. Refused reads leave nothing else in the journal. */
  readonly #isLate: boolean
  /** Whether Okta has refused its calls before. */
  readonly #wasRefused: boolean

  constructor(services: Services, input: TaskInput) {
    const progress = services.recorder.state.progressOf(input)
    this.#services = services
    this.#input = input
    this.#history = {
      user: input.known,
      status: null,
      statusBefore: progress?.statusBefore ?? null,
      lastWord: null,
      attempts: progress?.attempts ?? 0,
      unsent: progress?.unsent ?? 0,
      startedAt: progress?.startedAt ?? services.lookup.clock.timestamp(),
      judgedNotApplied: progress?.judgedNotApplied ?? 0,
      setbacks: 0,
      transitionLooks: 0,
      repeats: progress?.repeats ?? 0,
      retryOf: { requestId: null, count: 0 },
    }
    this.#logged = { services, input, history: this.#history }
    // Each execution is refused a held task once, and stops.
    this.#isLate = hasStoppedEnough(services.recorder.state.executions.count - 1)
    this.#wasRefused = progress?.last.kind === 'refused' && progress.attempts >= 2
  }

  async run(known: FoundUser | FailedRead | null): Promise<EndedTask> {
    if (known !== null) this.#see(known)
    if (known?.kind === 'failed') this.#unread = known
    let state = this.#begin(known)
    while (state.at !== 'ended' && state.at !== 'left') state = await this.#next(state)
    if (state.at === 'left') return { result: null, read: null }
    const result = buildResult(
      this.#input,
      afterRepeats(this.#input.action, state.ending, this.#history.repeats),
      this.#history,
      this.#services.lookup.clock.timestamp(),
    )
    return { result, read: state.read }
  }

  /** The state in which the journal left the task. */
  #begin(known: FoundUser | FailedRead | null): TaskState {
    const last = this.#services.recorder.state.progressOf(this.#input)?.last
    if (last?.kind === 'open') return { at: 'doubt', open: last, notBefore: null }
    // T3: Okta's answer is on disk, so only its ending is missing.
    if (last?.kind === 'applied') {
      this.#history.lastWord = wordOf(last.answer)
      return {
        at: 'applied',
        ofLink: withLostLink(this.#services, this.#input, { result: 'succeeded', message: '' }),
      }
    }
    return this.#lost() ?? this.#reading(known)
  }

  /**
   * The state of a task that may have been sent again in a lost part of the journal, whatever else is known of it; null
   * for every other task.
   */
  #lost(): TaskState | null {
    const since = this.#services.recorder.state.mayBeLostSince(this.#input)
    return since === null ? null : { at: 'lost', since }
  }

  async #next(state: Exclude<TaskState, { at: 'ended' | 'left' }>): Promise<TaskState> {
    switch (state.at) {
      case 'lost':
        return { at: 'doubt', open: await recordLost(this.#logged, state.since), notBefore: null }
      case 'doubt':
        return await this.#doubt(state)
      case 'reading':
        return await this.#read(state)
      case 'deciding':
        return this.#decide(state)
      case 'checking':
        return await this.#checkRoles(state)
      case 'sending':
        return await this.#send(state)
      case 'applied': {
        const ending = await endApplied(this.#services, this.#input, this.#history.statusBefore)
        return this.#ended(withLink(ending, state.ofLink))
      }
      case 'refused': {
        const ended = await this.#refusedByStatus(state.answer)
        if (ended.at === 'ended') this.#lookedUp(ended.ending)
        return ended
      }
      case 'held':
        await this.#services.lookup.parked(() => state.decided)
        if (state.open !== undefined && !this.#hasLookedAgain) {
          // What has shown that the token may read came after the refusal.
          this.#hasLookedAgain = true
          return { at: 'doubt', open: state.open, notBefore: null }
        }
        this.#lookedUp(state.ending)
        return this.#ended(state.ending)
      case 'waiting': {
        const { parked, stop, waits, clock } = this.#services.lookup
        const wait = (): Promise<void> => stop.wait(state.milliseconds)
        const told = { why: 'again', until: clock.now() + state.milliseconds } as const
        await waits.during(told, () => (state.parked ? parked(wait) : wait()))
        return this.#reading(state.known)
      }
    }
  }

  #reading(known: FoundUser | FailedRead | null): TaskState {
    const { comesLater } = this.#input
    if (!this.#services.settleOnly && !comesLater && this.#isStepOver) return this.#ended(this.#stepOver())
    // Nobody has judged whether a user who is seen only now is the one whom the row means.
    if (!this.#services.settleOnly && !comesLater) return { at: 'reading', known: this.#unread ?? known }
    if (this.#history.repeats === 0 || comesLater) return { at: 'left' }
    // An earlier call may have been applied, and nothing more is sent that could change that.
    return this.#ended({ result: 'failed', message: 'it was not sent again' })
  }

  get #isStepOver(): boolean {
    return this.#input.step <= this.#services.steps.over
  }

  /** How a task ends whose step is over (T6): as Okta had refused it, if its answer is on disk. */
  #stepOver(): Ending {
    const last = this.#services.recorder.state.progressOf(this.#input)?.last
    if (last?.kind !== 'refused') {
      const why = this.#unread === null ? 'it was held back' : `${this.#unread.message}`
      const message = `not sent: ${why}, and a call of a later step was, or may have been, applied; with the order "step" no call of this step may follow that`
      return { result: 'failed', message }
    }
    this.#history.lastWord = wordOf(last.answer)
    return { result: 'failed', message: last.answer.message }
  }

  async #doubt({ open, notBefore }: Extract<TaskState, { at: 'doubt' }>): Promise<TaskState> {
    const history = this.#history
    const { ending, read } = await settleDoubt(this.#services, this.#input, history, open, notBefore)
    if (read !== null) this.#see(read)
    // An attempt that was not applied left the user as the user was.
    if (ending === null && read?.kind === 'found') history.statusBefore ??= read.user.status
    const { unheard, lookup, reads } = this.#services
    if (ending?.result === 'succeeded') unheard.heard()
    if (ending !== null) {
      const ended = withLostLink(this.#services, this.#input, ending)
      if (read?.kind !== 'failed' || read.cause !== 'no_permission') return this.#ended(ended, read)
      // If the token turns out to be the cause, the next execution looks again. This look itself is no sign of it.
      const of = { isKnown: true, isOld: false }
      return { at: 'held', decided: reads.refused(this.#input.row, read.answer, of), ending: ended, open }
    }
    const lost = this.#lost()
    if (lost !== null) return lost
    if (history.setbacks === 0) return this.#reading(read)
    if (history.setbacks < maxSetbacks) {
      const { random } = this.#services.lookup
      const known = read?.kind === 'found' ? read : null
      return { at: 'waiting', milliseconds: backoffMs(history.setbacks, random()), parked: true, known }
    }
    const why = open.doubt?.why ?? 'cut off'
    // T4: the run stops and the task has no result. If an execution before has stopped so already, it is the user's own.
    const wasTriedBefore = history.attempts - history.unsent >= 2 * maxSetbacks
    if (unheard.areMany && !wasTriedBefore) throw lookup.stop.because(noCallCarriedOut(unheard.count, why))
    const message = `not applied after ${history.attempts - history.unsent} attempts; the last: ${why}`
    return this.#ended({ result: 'failed', message, statusAfter: history.status })
  }

  async #read({ known }: Extract<TaskState, { at: 'reading' }>): Promise<TaskState> {
    const { lookup, job, reads } = this.#services
    lookup.stop.check()
    const { target } = this.#input
    if (!job.read_first) {
      // Nothing else may show Okta's time before the call, which must not leave as long as it is not known.
      if (!lookup.clock.sure) await readUserById(lookup, target)
      return { at: 'deciding', read: null }
    }
    const isEnough = known !== null && (known.kind === 'failed' || isSettled(lookup, known))
    const at = known?.kind === 'found' ? known : null
    const read = isEnough
      ? known
      : await reads.pass(this.#input.row, async () => {
          const seen = await readSettledUser(lookup, target, at, job.verify.for_seconds * 1000)
          if (seen.kind === 'found') reads.allowed(this.#input.row)
          return seen
        })
    this.#see(read)
    if (read.kind === 'found') return { at: 'deciding', read }
    const ending = { result: 'failed', message: read.message } as const
    if (read.cause !== 'no_permission') return this.#ended(ending)
    return { at: 'held', decided: this.#held(reads, read.answer), ending }
  }

  #decide({ read }: Extract<TaskState, { at: 'deciding' }>): TaskState {
    const { job, owner, protect } = this.#services
    const { action, userKey, target, ledTo, planned, leftAs, unjudged } = this.#input
    if (read === null) {
      const verdict = guardKey(userKey, owner) ?? guardId(target, protect, action)
      if (verdict !== null) return this.#ended({ result: 'skipped', ...verdict })
      return { at: 'checking', read }
    }
    const { status, transitioningToStatus } = read.user
    this.#history.statusBefore ??= status
    const guards = { protect, onlyStatus: job.guards.only_status, owner }
    const skipped = (verdict: GuardVerdict): TaskState =>
      this.#ended({ result: 'skipped', ...verdict, statusAfter: status }, read)
    const earlier = this.#earlierAttempt(read)
    const decision = earlier === null ? decide(action, read.user) : decideAgain(action, read.user, earlier)
    // An earlier call of ours has led the user there, as far as Okta shows: it is too late for a guard.
    if (decision.kind === 'succeeded') {
      this.#noteAppliedLate(read, decision.message)
      const ending = { result: decision.kind, message: decision.message, statusAfter: status }
      return this.#ended(withLostLink(this.#services, this.#input, ending), read)
    }
    // After a loss, a task is looked up although its row's user could not be read. Whoever is shown now may be another.
    if (unjudged !== undefined) {
      const message = `nothing was sent, because it could not be checked whom the row means: ${unjudged}`
      return this.#ended({ result: 'failed', message, statusAfter: status }, read)
    }
    const guarded = guardUser(read.user, guards, ledTo, action)
    // If the plan expected the skip, there is nothing to compare.
    if (guarded !== null && (planned === null || planned.facts.expected === 'skipped'))
      return skipped(guarded)
    const changed =
      planned === null
        ? null
        : (judgeAgainstPlan(planned.facts, read.user, planned.ledTo) ??
          (decision.kind === 'send' ? judgeSendingByPlan(planned.facts) : null))
    if (changed !== null) return skipped(changed)
    if (guarded !== null) return skipped(guarded)
    if (transitioningToStatus !== null) {
      const message = `user is still in transition from ${status} to ${transitioningToStatus} after ${job.verify.for_seconds} s`
      return this.#ended({ result: 'failed', message, statusAfter: status }, read)
    }
    if (leftAs !== undefined) {
      const changed = judgeLeftAs(leftAs.left, read.user, leftAs.run)
      if (changed !== null) return skipped(changed)
    }
    if (decision.kind === 'send') return { at: 'checking', read }
    const ending = { result: decision.kind, message: decision.message, statusAfter: status }
    return this.#ended(ending, read)
  }

  /** The last attempt, if one that was judged "not applied" may have been applied after all; otherwise null. */
  #earlierAttempt(read: FoundUser): EarlierAttempt | null {
    if (!this.#mayHaveComeLate(read)) return null
    const last = this.#services.recorder.state.progressOf(this.#input)?.last
    if (last === undefined) return { underWayUntil: Number.POSITIVE_INFINITY }
    const doubt = last.kind === 'not_applied' ? last.doubt : null
    return { underWayUntil: latestOf(this.#services, { intent: last.intent, doubt }) }
  }

  #noteAppliedLate({ user }: FoundUser, evidence: string): void {
    const last = this.#services.recorder.state.progressOf(this.#input)?.last
    if (last !== undefined) noteAppliedLate(this.#logged, last.intent, user, evidence)
  }

  /** Whether an earlier attempt that was judged "not applied" may have been applied after all. */
  #mayHaveComeLate({ user }: FoundUser): boolean {
    if (this.#history.judgedNotApplied === 0) return false
    const { state } = this.#services.recorder
    const progress = state.progressOf(this.#input)
    // The attempts that a retry took over were made before all of its own calls. If one of these led the user there, they did not.
    const ofThisRun = state.explainedChange(user.id)
    if (progress?.last.intent.origin !== undefined && ofThisRun !== null && explains(ofThisRun, user))
      return false
    // Where the user was read before the first attempt, the user was not at the target then.
    if (progress?.isFirstAssumed !== true && this.#history.statusBefore !== null) return true
    // An earlier task of ours has led the user there, after the attempts were judged.
    const change = ofThisRun ?? progress?.explained ?? null
    if (change !== null && explains(change, user)) return false
    const since = progress?.firstSince ?? null
    if (since === null) return true
    if (isFromBefore(since, user.statusChanged)) return false
    return progress?.isFirstAssumed !== true || !this.#input.ledTo.includes(user.status)
  }

  async #checkRoles({ read }: Extract<TaskState, { at: 'checking' }>): Promise<TaskState> {
    const { roles, lookup } = this.#services
    if (roles === null) return { at: 'sending', read }
    lookup.stop.check()
    const finding = await roles.of(read?.user.id ?? this.#input.target)
    const statusAfter = read?.user.status ?? null
    switch (finding.kind) {
      case 'none':
        return { at: 'sending', read }
      case 'protected':
        return this.#ended({ result: 'skipped', ...finding.verdict, statusAfter }, read)
      case 'failed':
        // A user who can't be looked up may be protected. A retry tries again.
        this.#see(finding)
        return this.#ended({ result: 'failed', message: finding.message, statusAfter }, read)
    }
  }

  async #send({ read }: Extract<TaskState, { at: 'sending' }>): Promise<TaskState> {
    const { sends, links } = this.#services
    // No call may make a link that can't be kept.
    if (bringsLink(this.#services, this.#input)) await links?.ensure()
    // The answer is judged before the turn ends, so that the next call knows whether the gate is asking.
    return await sends.pass(this.#input.row, async (mayLeave) => {
      if (this.#isStepOver) return this.#ended(this.#stepOver())
      const call = await sendCall(this.#services, this.#input, this.#history, read, mayLeave)
      if (call === 'late') return this.#tooLate(read)
      this.#lateInARow = 0
      if (call === null) return this.#reading(read)
      return await this.#conclude(classifyLifecycle(this.#input.action, call.answer), call, read)
    })
  }

  #tooLate(read: FoundUser | null): TaskState {
    const { lookup } = this.#services
    if (++this.#lateInARow >= maxSetbacks) throw lookup.stop.because(nothingLeaves(this.#lateInARow))
    return this.#reading(read)
  }

  async #conclude(outcome: Outcome, call: SentCall, read: FoundUser | null): Promise<TaskState> {
    const { lookup, sends, links } = this.#services
    const { answer } = call
    if (failing.has(outcome.kind)) this.#services.unheard.failed(this.#input)
    else if (!turnedAway.has(outcome.kind)) this.#services.unheard.heard()
    switch (outcome.kind) {
      case 'applied': {
        const ending =
          links === null ? endUnread(this.#services, this.#input, this.#history.statusBefore) : null
        if (ending !== null) {
          // Nothing is awaited before the result follows, so the answer goes to disk together with it (T2).
          noteApplied(this.#logged, answer)
          sends.allowed(this.#input.row)
          return this.#ended(ending)
        }
        // The link and the answer go to disk at the same time: a crash before that loses both (T2).
        const [ofLink] = await Promise.all([
          keepLink(this.#services, this.#input, this.#history, answer),
          recordAnswer(this.#logged, answer, 'applied'),
        ])
        sends.allowed(this.#input.row)
        return { at: 'applied', ofLink }
      }
      case 'rate_limited':
        // No wait is needed here: the budget has closed the bucket for all tasks. The read is used until it is old: if
        // others use up the limit for reads, a new one could come too late again.
        await recordNotApplied(this.#logged, answer, 'rate_limited')
        return this.#reading(read)
      case 'concurrency_limited':
        await recordNotApplied(this.#logged, answer, 'concurrency_limited')
        return { at: 'waiting', milliseconds: concurrencyWaitMs(lookup.random()), parked: false, known: read }
      case 'in_transition':
        return await this.#waitForTransition(answer)
      case 'not_applied':
        return await this.#setback(answer)
      case 'in_doubt':
        return await this.#intoDoubt(call, outcome.settleAtOnce)
      case 'wrong_status':
        this.#services.failures.doubt(this.#input)
        await recordAnswer(this.#logged, answer, 'refused')
        return { at: 'refused', answer }
      case 'bad_credentials':
        await recordAnswer(this.#logged, answer, 'refused')
        throw lookup.stop.because(credentialsRefused(answer))
      case 'no_permission':
        await recordAnswer(this.#logged, answer, 'refused')
        return { at: 'held', decided: this.#held(sends, answer), ending: this.#refusal(answer) }
      case 'refused':
        if (this.#history.repeats === 0) this.#services.failures.foresee(this.#input)
        await recordAnswer(this.#logged, answer, 'refused')
        return this.#ended(this.#refusal(answer))
    }
  }

  async #refusedByStatus(answer: Answer): Promise<TaskState> {
    const { lookup, reads } = this.#services
    const refusal = describeAnswer(answer)
    const read = await readUserById(lookup, this.#input.target)
    if (read.kind === 'failed') {
      const message = read.cause === 'not_found' ? read.message : `${refusal}; ${read.message}`
      const ending = { result: 'failed', message } as const
      if (read.cause === 'not_found') return this.#ended(ending)
      // An earlier call that was judged "not applied" may be why Okta refuses this one.
      const inDoubt = {
        result: 'in_doubt',
        message: `${message}; an earlier call may have been applied`,
      } as const
      const open = this.#history.judgedNotApplied > 0 ? inDoubt : ending
      if (read.cause !== 'no_permission') return this.#ended(open)
      return { at: 'held', decided: this.#held(reads, read.answer), ending: open }
    }
    const { status } = read.user
    this.#see(read, false)
    // The same status as before the first attempt shows nothing: an ACTIVE user may be unlocked.
    const isAsBefore = isStatusBefore(this.#input.action, this.#history.statusBefore, status)
    const earlier = isAsBefore ? null : this.#earlierAttempt(read)
    this.#history.statusBefore ??= status
    const { kind, message } = decideAfterRefusal(this.#input.action, read.user, refusal, earlier)
    if (kind === 'succeeded') this.#noteAppliedLate(read, message)
    const perhapsOurs = isAsBefore && kind === 'unchanged' && this.#history.judgedNotApplied > 0
    const ending = perhapsOurs
      ? { ...this.#perhapsDone(read, message), statusAfter: status }
      : { result: kind, message, statusAfter: status }
    return this.#ended(
      ending.result === 'succeeded' ? withLostLink(this.#services, this.#input, ending) : ending,
    )
  }

  /**
   * How a task ends that has nothing to do, after a call of which nobody knows: that may have done it, and then the user is
   * not unchanged. Unless another task of ours has, and left nothing to do.
   */
  #perhapsDone(
    { user }: FoundUser,
    message: string,
  ): Pick<Ending, 'message'> & { readonly result: 'succeeded' | 'unchanged' } {
    const { state } = this.#services.recorder
    const known = state.explainedChange(user.id) ?? state.progressOf(this.#input)?.explained ?? null
    const by = 'an earlier call, whose answer was lost, may have'
    return known !== null && explains(known, user)
      ? { result: 'unchanged', message: `${message}; ${by} been applied` }
      : { result: 'succeeded', message: `confirmed, because ${message}; ${by} done it` }
  }

  async #waitForTransition(answer: Answer): Promise<TaskState> {
    const looks = ++this.#history.transitionLooks
    if (looks * 5_000 > transitionPatienceMs) {
      await recordAnswer(this.#logged, answer, 'refused')
      return this.#ended(this.#refusal(answer))
    }
    await recordNotApplied(this.#logged, answer, 'in_transition')
    return { at: 'waiting', milliseconds: transitionWaitMs(looks), parked: true, known: null }
  }

  /**
   * After a failed call that was certainly not applied: waits and goes on, or stops the run if the failure persists.
   */
  async #setback(answer: Answer): Promise<TaskState> {
    const { lookup } = this.#services
    await recordNotApplied(this.#logged, answer, answer.kind === 'unanswered' ? 'connection' : 'server_error')
    const setbacks = ++this.#history.setbacks
    await waitForOkta(lookup, answer)
    if (setbacks >= maxSetbacks && answer.kind === 'answered' && isOktas(answer)) {
      // T4: the run stops and the task has no result.
      throw lookup.stop.because(nothingCanBeSent(answer, setbacks))
    }
    return { at: 'waiting', milliseconds: backoffMs(setbacks, lookup.random()), parked: false, known: null }
  }

  async #intoDoubt(call: SentCall, atOnce: boolean): Promise<TaskState> {
    const { requestTimeoutMs, lookup } = this.#services
    const open = await recordDoubt(this.#logged, call, atOnce)
    this.#history.setbacks++
    await waitForOkta(lookup, call.answer)
    const patience = atOnce ? 0 : requestTimeoutMs * (hasTimedOut(call) ? 2 : 1)
    return { at: 'doubt', open, notBefore: call.sentAt + patience }
  }

  /** After a refusal, once nothing more is looked up: counts the failure before its result is on disk. */
  #lookedUp({ result }: Ending): void {
    const { failures } = this.#services
    if (result === 'failed' && this.#history.repeats === 0) failures.foresee(this.#input)
    failures.decided(this.#input)
  }

  /** Resolves once it is decided that a refusal is the user's own. */
  #held(gate: Gate, answer: Answer): Promise<void> {
    const { row, action, target, userKey } = this.#input
    const { refusedUsers } = this.#services.recorder.state
    const isKnown = refusedUsers.has(action, target) || refusedUsers.has(action, userKey)
    const isOld = this.#isLate && (gate === this.#services.reads || this.#wasRefused)
    return gate.refused(row, answer, { isKnown, isOld })
  }

  #refusal(answer: Answer): Ending {
    return { result: 'failed', message: describeAnswer(answer), statusAfter: this.#history.status }
  }

  #ended(ending: Ending, read: FoundUser | FailedRead | null = null): TaskState {
    return { at: 'ended', ending, read: read?.kind === 'found' ? read : null }
  }

  /** @param isLastWord whether the result shows this read's answer instead of the one before it */
  #see(read: FoundUser | FailedRead, isLastWord = true): void {
    if (read.kind === 'found') {
      const { id, login, status } = read.user
      this.#history.user = { id, login }
      this.#history.status = status
    }
    if (isLastWord) this.#history.lastWord = lastWordOf(read)
  }
}

/** Outcomes of calls that have failed: it is not known that Okta has taken them up. */
const failing: ReadonlySet<Outcome['kind']> = new Set(['in_doubt', 'not_applied'])

/** Outcomes of calls that Okta has not taken up yet. */
const turnedAway: ReadonlySet<Outcome['kind']> = new Set(['rate_limited', 'concurrency_limited'])

function wordOf({
  http_status: httpStatus,
  error_code: errorCode,
  request_id: requestId,
}: AnswerEvent): LastWord {
  return { httpStatus, errorCode, requestId }
}

/**
 * Whether a user who was refused has the status of before the first attempt. If that was not read, whoever may be sent
 * this action in that status may have been there before.
 */
function isStatusBefore(action: Action, before: string | null, status: UserStatus): boolean {
  return before === null ? ruleOf(action).sentFrom.includes(status) : before === status
}

/**
 * How a task ends if its call was repeated although nothing showed what had become of an earlier one. Unless the task
 * succeeds, it stays in doubt, because the earlier call may have been applied.
 */
function afterRepeats(action: string, ending: Ending, repeats: number): Ending {
  if (repeats === 0 || ending.result === 'succeeded' || ending.result === 'in_doubt') return ending
  const message = `an earlier call may have applied ${action}, and nothing shows whether it did; the last try: ${ending.message}`
  return {
    result: 'in_doubt',
    message,
    ...('statusAfter' in ending ? { statusAfter: ending.statusAfter ?? null } : {}),
  }
}
