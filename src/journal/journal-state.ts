// Over 300 lines, because it is the only interpreter of journal events: what an event means stands in one place.

import type { LookAfterLoss } from '../rules/doubt.ts'
import type { ExplainedChange } from '../rules/explained-change.ts'
import { RefusedUsers } from '../rules/refused-users.ts'
import type { TaskPlace, TaskResult } from '../rules/result.ts'
import type { MeantUser } from '../rules/row-verdict.ts'
import { ExecutionTimes } from './execution-times.ts'
import { ExplainedChanges } from './explained-changes.ts'
import { isUndated } from './intent-time.ts'
import type { Position } from './journal.ts'
import type { IntentEvent, JournalEvent } from './journal-event.ts'
import { LeftAttempts, type SentAgain, sentAgainOf } from './left-attempts.ts'
import { LooksAfterLoss } from './looks-after-loss.ts'
import { RequestTimes } from './request-times.ts'
import { ResultIndex } from './result-index.ts'
import { SentRecently } from './sent-recently.ts'
import {
  isOpenCall,
  leftBy,
  type OpenAttempt,
  progressAfter,
  standingOf,
  type TaskProgress,
} from './task-progress.ts'

/** An answer of an older journal has only the best estimate of its time: it may be off by this much, in ms. */
const estimateMs = 1_000

/**
 * The state of a run according to its journal. This is the only interpreter of journal events: the same events give the
 * same state, replayed from disk or live.
 *
 * - **J1** A task has at most one result, and nothing takes it back.
 * - **J2** Counts come only from results, so they add up to the number of tasks with a result.
 * - **J3** An attempt is open from its intent until an answer, a verdict or a result closes it.
 * - **J4** The run can go on from the state of every prefix of a journal.
 */
export class JournalState {
  readonly #stepsPerRow: number
  readonly #results = new ResultIndex()
  readonly #progress = new Map<number, TaskProgress>()
  readonly #left = new LeftAttempts()
  /** For each row of a retry: the user whom it means. */
  readonly #meant = new Map<number, MeantUser>()
  /** By row: logins that its user had when calls were sent and has no longer, as far as the journal shows. */
  readonly #earlierLogins = new Map<number, Set<string>>()
  readonly #counts = new Map<string, number>()
  #done = 0
  #lostSince: number | null = null
  /** Tasks that were begun before a cut: their later events may be in the lost part. */
  readonly #begunBeforeCut = new Set<number>()
  /** Tasks with more attempts than are known, perhaps; see {@link uncounted}. */
  readonly #uncounted = new Map<number, 'keep' | 'retry'>()
  readonly #looksAfterLoss = new LooksAfterLoss()
  readonly #explainedChanges = new ExplainedChanges()
  #lostBy: number | null = null
  #furthestApplied = 0
  #lastOktaTime = 0
  /** Whether that is of the present execution. */
  #isTimed = false
  readonly refusedUsers = new RefusedUsers()
  readonly executions = new ExecutionTimes()
  readonly sentRecently = new SentRecently()
  readonly requestTimes = new RequestTimes()

  /** @param stepsPerRow tasks that a row can have, from 1 */
  constructor(stepsPerRow: number) {
    this.#stepsPerRow = stepsPerRow
  }

  /** Takes in an event and the place of its line. */
  apply(event: JournalEvent, position: Position): void {
    switch (event.event) {
      case 'execution':
        if (this.executions.count > 0 && this.executions.lastStop === null) this.sentRecently.die()
        this.executions.begin(event.at, event.by)
        this.#isTimed = false
        break
      case 'cut':
        this.#lostSince = Math.min(event.okta_time, this.#lostSince ?? Number.POSITIVE_INFINITY)
        this.#lostBy = Math.max(event.okta_time_at_most ?? event.okta_time, this.#lostBy ?? 0)
        for (const task of this.#progress.keys()) {
          this.#begunBeforeCut.add(task)
          this.#uncounted.set(task, 'keep')
        }
        this.#looksAfterLoss.clear()
        break
      case 'intent':
      case 'answer':
      case 'not_applied':
      case 'in_doubt':
      case 'verdict': {
        this.#seeTime(event)
        const task = this.#index(event)
        if (event.event === 'intent') this.#seeLogin(event.row, this.#progress.get(task), event.login)
        const before = this.#progress.get(task)
        if (event.event === 'verdict' && before !== undefined && isOpenCall(before))
          this.sentRecently.addUnanswered(leftBy(before))
        const progress = progressAfter(before, event)
        if (progress !== undefined) this.#progress.set(task, progress)
        if (progress !== undefined && standingOf(progress) === 'applied')
          this.#furthestApplied = Math.max(this.#furthestApplied, ownStep(progress))
        if (event.event === 'verdict' && progress !== undefined)
          this.#looksAfterLoss.note(progress.last.intent.user_id, event)
        if (event.event === 'intent' && event.lost === true) this.#begunBeforeCut.delete(task)
        if (event.event === 'intent' && (event.lost === true || event.uncounted !== undefined))
          this.#uncounted.set(task, event.uncounted ?? 'keep')
        break
      }
      case 'result':
        this.#end(event, position)
        break
      case 'meant':
        this.#meant.set(event.row, { id: event.user_id, login: event.login, run: event.run })
        break
      case 'permits':
        this.#seeTime(event)
        this.sentRecently.add(event.bucket, event.okta_time, event.count, event.okta_time_at_least ?? null)
        this.requestTimes.add(event.bucket, event.okta_time_at_least ?? event.okta_time, event.count)
        break
      case 'limit':
        this.sentRecently.showLimit(event.bucket, event.limit)
        break
      case 'tally':
        this.executions.tally(event)
        break
      case 'stopped':
        this.executions.stop(event)
        break
      case 'journal':
      case 'owner':
        break
    }
  }

  hasResult(place: TaskPlace): boolean {
    return this.resultPosition(place) !== null
  }

  /** The place of the line with a task's result; null if it has none. */
  resultPosition(place: TaskPlace): Position | null {
    return this.#results.get(this.#index(place))
  }

  /** The places of the lines with the results of a row, in the order of its steps. */
  resultPositions(row: number): readonly Position[] {
    const positions: Position[] = []
    for (let step = 1; step <= this.#stepsPerRow; step++) {
      const position = this.resultPosition({ row, step })
      if (position !== null) positions.push(position)
    }
    return positions
  }

  /** The progress of a task without a result; null if nothing was ever sent for it. */
  progressOf(place: TaskPlace): TaskProgress | null {
    return this.#progress.get(this.#index(place)) ?? null
  }

  /** See {@link LeftAttempts.inDoubt}. */
  leftInDoubt(place: TaskPlace): OpenAttempt | null {
    return this.#left.inDoubt(this.#index(place))
  }

  /**
   * The last attempt of an unfinished or failed task, if one of its attempts was judged "not applied" by what Okta
   * showed and not by an answer: such an attempt may have been applied late. Null for every other task.
   */
  lastDoubted(place: TaskPlace): IntentEvent | null {
    const progress = this.progressOf(place)
    if ((progress?.judgedNotApplied ?? 0) > 0 && progress?.last.kind === 'not_applied')
      return progress.last.intent
    return this.#left.doubted(this.#index(place))
  }

  /**
   * Attempts after this time may be lost, in epoch ms by Okta's clock, because a person went on from the sound part of
   * a damaged journal. Null for a journal that was never cut.
   */
  get lostSince(): number | null {
    return this.#lostSince
  }

  /** The latest moment at which a loss can have begun, as for {@link lostSince}; the same if that is known exactly. */
  get lostBy(): number | null {
    return this.#lostBy
  }

  /**
   * The time since which an attempt of a task without a result may be lost, as for {@link lostSince}. Null if none can
   * be lost, and once a lost attempt has been assumed for the task.
   */
  mayBeLostSince(place: TaskPlace): number | null {
    const task = this.#index(place)
    if (this.#lostSince === null || this.#results.get(task) !== null) return null
    return !this.#progress.has(task) || this.#begunBeforeCut.has(task) ? this.#lostSince : null
  }

  /**
   * Set if a part of the journal was lost in which the task may have been sent any number of times; so too if it was
   * lost in the run that a retry took the task from. `retry`: a person lets it be repeated all the same.
   */
  uncounted(place: TaskPlace): 'keep' | 'retry' | null {
    return this.#uncounted.get(this.#index(place)) ?? null
  }

  /** The first look at a user after a loss; null if there was none. */
  lookAfterLoss(userId: string): LookAfterLoss | null {
    return this.#looksAfterLoss.of(userId)
  }

  /** The last change of a user that is known to be the work of a call of this run; null if none is known. */
  explainedChange(userId: string): ExplainedChange | null {
    return this.#explainedChanges.of(userId)
  }

  /** The last activation of a user by this run, whose effect may come later than that of later calls; null if none is known. */
  activationOf(userId: string): ExplainedChange | null {
    return this.#explainedChanges.activationOf(userId)
  }

  /**
   * The earliest that Okta's time could have been at the last event of an attempt that names a time, in epoch ms by
   * Okta's clock. 0 before the first such event.
   */
  get lastOktaTime(): number {
    return this.#lastOktaTime
  }

  /** Whether the present execution has told Okta's time: {@link lastOktaTime} is not from before it. */
  get isTimed(): boolean {
    return this.#isTimed
  }

  /** How often a task that is unfinished, or that ended in doubt or failed, had been sent again. */
  sentAgain(place: TaskPlace): SentAgain {
    const progress = this.progressOf(place)
    return progress === null ? this.#left.sentAgain(this.#index(place)) : sentAgainOf(progress)
  }

  /** The number of tasks by result, and of skipped tasks by reason, such as `skipped:duplicate`. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** The number of tasks with a result. */
  get done(): number {
    return this.#done
  }

  /** The number of tasks that were sent and have no result, by what is known about their last attempt. */
  get underWay(): Readonly<Record<TaskProgress['last']['kind'], number>> {
    const counts = { open: 0, applied: 0, refused: 0, not_applied: 0 }
    for (const progress of this.#progress.values()) counts[standingOf(progress)]++
    return counts
  }

  /** The latest step of which a call of this run was applied, or may have been; 0 if there is none. */
  get furthestStep(): number {
    const open = [...this.#progress.values()].filter(mayBeApplied)
    return Math.max(this.#furthestApplied, ...open.map(ownStep))
  }

  /** When each call that is open now had left at the latest, by Okta's clock in epoch ms. */
  get openCalls(): readonly number[] {
    return [...this.#progress.values()].filter(isOpenCall).map(leftBy)
  }

  /** Whether a task of a row was sent and has no result yet. */
  isUnderWay(row: number): boolean {
    for (let step = 1; step <= this.#stepsPerRow; step++)
      if (this.progressOf({ row, step }) !== null) return true
    return false
  }

  /**
   * The user to whom calls of a row were sent, from its intents. Null for a row without a call, and for one whose lost
   * call is only assumed, for a user who could not be read then.
   */
  userOf(row: number): Pick<IntentEvent, 'user_id' | 'login'> | null {
    for (let step = 1; step <= this.#stepsPerRow; step++) {
      const attempt = this.progressOf({ row, step })?.last ?? this.leftInDoubt({ row, step }) ?? null
      if (attempt === null) continue
      const { intent } = attempt
      if (intent.lost !== true || intent.login !== null) return intent
    }
    return null
  }

  /**
   * The user whom a row meant in the run that is retried; null if that run never learned it, and in runs that retry
   * none.
   */
  meantBy(row: number): MeantUser | null {
    return this.#meant.get(row) ?? null
  }

  /** The logins that the user of a row had when calls were sent, apart from the one that was shown last. */
  earlierLogins(row: number): Iterable<string> {
    return this.#earlierLogins.get(row) ?? []
  }

  /** Keeps the login of an intent if the user has another one by now. */
  #seeLogin(row: number, known: TaskProgress | undefined, now: string | null): void {
    const before = known?.last.intent.login ?? null
    if (before === null || before === now) return
    const logins = this.#earlierLogins.get(row) ?? new Set()
    this.#earlierLogins.set(row, logins.add(before))
  }

  #end(event: TaskResult, position: Position): void {
    const task = this.#index(event)
    // J1: the first result stands.
    if (this.#results.get(task) !== null) return
    const known = this.#progress.get(task)
    this.#seeLogin(event.row, known, event.okta_login)
    if (known !== undefined) this.#explainedChanges.see(known, event, this.#lostSince)
    // Its doubt was settled by what Okta showed, or never: no answer says that it was not applied.
    if (known !== undefined && mayBeApplied(known))
      this.#furthestApplied = Math.max(this.#furthestApplied, ownStep(known))
    this.refusedUsers.see(event)
    this.#left.note(task, event, known)
    this.#progress.delete(task)
    this.#results.set(task, position)
    this.#done++
    this.#count(event.result)
    if (event.reason !== null) this.#count(`${event.result}:${event.reason}`)
    this.executions.sign(event.finished_at)
  }

  /** Only counts up, and only for results (J2). */
  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  #seeTime(event: JournalEvent): void {
    // An attempt that is not dated by Okta's time does not tell it, nor does the answer to it.
    if (event.event === 'intent' && isUndated(event)) return
    if (event.event === 'answer') {
      const intent = this.#progress.get(this.#index(event))?.last.intent
      if (intent !== undefined && isUndated(intent)) return
    }
    const time = earliestOf(event)
    if (time === null) return
    this.#lastOktaTime = time
    this.#isTimed = this.executions.count > 0
  }

  #index({ row, step }: TaskPlace): number {
    return (row - 1) * this.#stepsPerRow + (step - 1)
  }
}

/** Whether a call of a task may have been applied, for all that is known. What is only assumed to have been sent is none. */
function mayBeApplied(progress: TaskProgress): boolean {
  return standingOf(progress) === 'open' && progress.last.intent.lost !== true
}

/** The step of a task's last call; 0 if another run made it. */
function ownStep({ last: { intent } }: TaskProgress): number {
  return intent.origin === undefined ? intent.step : 0
}

/**
 * The earliest that Okta's time could have been at an event, in epoch ms; null if it names none, or an earlier time
 * than its own, as the intent of a call that may have been lost does.
 */
function earliestOf(event: JournalEvent): number | null {
  if (event.event === 'intent') return event.lost === true ? null : event.okta_time_at_least
  if (event.event === 'permits') return event.okta_time_at_least ?? null
  if (event.event !== 'answer') return null
  // The best estimate lies in the middle between the earliest and the latest moment.
  return 2 * event.okta_time - (event.okta_time_at_most ?? event.okta_time + estimateMs)
}
