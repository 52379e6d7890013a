import type { TaskPlace } from '../rules/refusal-streak.ts'
import type { ResultName, SkipReason } from '../rules/result.ts'
import type { Position } from './journal.ts'
import type { CountedTask, InDoubtEvent, IntentEvent, JournalEvent } from './journal-event.ts'

/** An attempt that was begun and of which no end is recorded. */
export interface OpenAttempt {
  readonly intent: IntentEvent
  /** Set where the journal tells how the doubt came about; null after a crash. */
  readonly doubt: InDoubtEvent | null
}

/** How far a task has come that has no result yet. */
export interface TaskProgress {
  /** Attempts so far. */
  readonly attempts: number
  readonly startedAt: string
  /** The attempt to settle before anything else is done with the user; null where the last one was not applied. */
  readonly open: OpenAttempt | null
}

/** What is known of a result without reading its line. */
interface KnownResult {
  readonly result: ResultName
  readonly reason: SkipReason | null
}

/** What one execution has sent so far. */
type ExecutionTally = Pick<Extract<JournalEvent, { event: 'tally' }>, 'requests' | 'retries'>

const nothingSent: ExecutionTally = { requests: {}, retries: {} }

/** Sends older than this can't count in a window that is still open. */
const rememberSendsMs = 10 * 60_000

/**
 * What a run's journal adds up to: which tasks have a result and where its line stands, which are under way, how many of
 * each result. The same events give the same state whether they are replayed from disk or arrive live.
 *
 * Results are not kept in memory, only where they stand: a run of a million tasks needs a few bytes for each.
 */
export class RunState {
  readonly #stepsPerRow: number
  /** For each task the line of its result as offset and length; length 0 where there is none. */
  #offsets: Float64Array
  #lengths: Uint32Array
  readonly #progress = new Map<number, TaskProgress>()
  readonly #counts = new Map<string, number>()
  #recentSends: number[] = []
  #recentReads: number[] = []
  #executions = 0
  #firstExecutionAt: string | null = null
  /** Milliseconds at work in the executions before the present one. */
  #workedMs = 0
  #executionFrom: string | null = null
  #lastSign: string | null = null
  #lastStop: Extract<JournalEvent, { event: 'stopped' }> | null = null
  /** Of the executions before the present one. */
  readonly #requests = new Map<string, number>()
  readonly #retries = new Map<string, number>()
  #executionTally: ExecutionTally = nothingSent

  /** @param stepsPerRow tasks that a row can have, from 1 */
  constructor(stepsPerRow: number) {
    this.#stepsPerRow = stepsPerRow
    this.#offsets = new Float64Array(1024)
    this.#lengths = new Uint32Array(1024)
  }

  /** Takes in an event and where its line stands. */
  apply(event: JournalEvent, position: Position): void {
    switch (event.event) {
      case 'execution':
        this.#executions++
        this.#firstExecutionAt ??= event.at
        this.#lastStop = null
        this.#endExecution(this.#lastSign)
        add(this.#requests, this.#executionTally.requests)
        add(this.#retries, this.#executionTally.retries)
        this.#executionTally = nothingSent
        this.#executionFrom = event.at
        this.#lastSign = event.at
        break
      case 'intent':
        this.#begin(event)
        break
      case 'in_doubt':
        this.#doubt(event)
        break
      case 'not_applied':
        this.#close(event)
        break
      case 'verdict':
        if (event.verdict === 'not_applied') this.#close(event)
        break
      case 'result': {
        const task = this.#index(event.row, event.step)
        this.#makeRoom(task)
        this.#offsets[task] = position.offset
        this.#lengths[task] = position.length
        this.#progress.delete(task)
        this.#count(event, 1)
        this.#lastSign = event.finished_at ?? this.#lastSign
        // A task that was decided by its read alone has no intent.
        if (event.attempts === 0 && event.started_at !== null) {
          this.#recentReads = remember(this.#recentReads, Date.parse(event.started_at))
        }
        break
      }
      case 'reopened':
        this.takeBack(event.tasks)
        break
      case 'stopped':
        this.#lastStop = event
        this.#endExecution(event.at)
        this.#executionTally = event
        break
      case 'tally':
        this.#executionTally = event
        break
      case 'journal':
        break
    }
  }

  /** Forgets results that do not count, or that never reached the disk. */
  takeBack(tasks: readonly CountedTask[]): void {
    for (const task of tasks) {
      if (!this.hasResult(task.row, task.step)) continue
      this.#lengths[this.#index(task.row, task.step)] = 0
      this.#count(task, -1)
    }
  }

  /** A failed task that has its result, and the later steps of its row that were skipped for it. */
  resultsFrom({ row, step }: TaskPlace): readonly CountedTask[] {
    const tasks: CountedTask[] = []
    for (let at = step; at <= this.#stepsPerRow; at++) {
      if (!this.hasResult(row, at)) continue
      tasks.push(
        at === step
          ? { row, step: at, result: 'failed', reason: null }
          : { row, step: at, result: 'skipped', reason: 'earlier_step' },
      )
    }
    return tasks
  }

  hasResult(row: number, step: number): boolean {
    return (this.#lengths[this.#index(row, step)] ?? 0) > 0
  }

  /** Where the line of a task's result stands; null where it has none. */
  resultPosition(row: number, step: number): Position | null {
    const task = this.#index(row, step)
    const length = this.#lengths[task] ?? 0
    return length === 0 ? null : { offset: this.#offsets[task] ?? 0, length }
  }

  /** How far a task without a result has come; null where it was never begun. */
  progressOf(row: number, step: number): TaskProgress | null {
    return this.#progress.get(this.#index(row, step)) ?? null
  }

  /** Tasks of each result, and of `skipped` by reason as `skipped:duplicate`. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Tasks that have a result. */
  get done(): number {
    let sum = 0
    for (const [name, count] of this.#counts) if (!name.includes(':')) sum += count
    return sum
  }

  /** Tasks that were begun and have no result. */
  get underWay(): number {
    return this.#progress.size
  }

  /** Times by Okta's clock, in epoch ms, of the lifecycle calls of the last minutes. */
  get recentSends(): readonly number[] {
    return this.#recentSends
  }

  /** Times by this machine's clock, in epoch ms, about when users were read in the last minutes. */
  get recentReads(): readonly number[] {
    return this.#recentReads
  }

  get executions(): number {
    return this.#executions
  }

  get firstExecutionAt(): string | null {
    return this.#firstExecutionAt
  }

  /** Milliseconds at work, over all executions that have ended. One that was killed counts up to its last result. */
  get workedMs(): number {
    return this.#workedMs
  }

  /** How the last process left the run; null where it died, or is at work. */
  get lastStop(): Extract<JournalEvent, { event: 'stopped' }> | null {
    return this.#lastStop
  }

  /** Requests by kind, and retries by cause, of all executions. One that was killed counts up to its last seconds. */
  get totals(): {
    readonly requests: ReadonlyMap<string, number>
    readonly retries: ReadonlyMap<string, number>
  } {
    const requests = new Map(this.#requests)
    const retries = new Map(this.#retries)
    add(requests, this.#executionTally.requests)
    add(retries, this.#executionTally.retries)
    return { requests, retries }
  }

  #endExecution(at: string | null): void {
    if (this.#executionFrom !== null && at !== null) {
      this.#workedMs += Math.max(0, Date.parse(at) - Date.parse(this.#executionFrom))
    }
    this.#executionFrom = null
  }

  #index(row: number, step: number): number {
    return (row - 1) * this.#stepsPerRow + (step - 1)
  }

  #begin(intent: IntentEvent): void {
    this.#progress.set(this.#index(intent.row, intent.step), {
      attempts: intent.attempt,
      startedAt: intent.started_at,
      open: { intent, doubt: null },
    })
    this.#recentSends = remember(this.#recentSends, intent.okta_time)
  }

  #doubt(event: InDoubtEvent): void {
    const task = this.#index(event.row, event.step)
    const known = this.#progress.get(task)
    if (known?.open?.intent.attempt !== event.attempt) return
    this.#progress.set(task, { ...known, open: { intent: known.open.intent, doubt: event } })
  }

  #close(event: { readonly row: number; readonly step: number; readonly attempt: number }): void {
    const task = this.#index(event.row, event.step)
    const known = this.#progress.get(task)
    if (known?.open?.intent.attempt !== event.attempt) return
    this.#progress.set(task, { ...known, open: null })
  }

  #count({ result, reason }: KnownResult, change: 1 | -1): void {
    const names = reason === null ? [result] : [result, `${result}:${reason}`]
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + change)
  }

  #makeRoom(task: number): void {
    if (task < this.#offsets.length) return
    const size = Math.max(task + 1, this.#offsets.length * 2)
    const offsets = new Float64Array(size)
    const lengths = new Uint32Array(size)
    offsets.set(this.#offsets)
    lengths.set(this.#lengths)
    this.#offsets = offsets
    this.#lengths = lengths
  }
}

/** The times of the last minutes and one more. Older ones are dropped in bulk, now and then. */
function remember(times: number[], time: number): number[] {
  times.push(time)
  const [oldest] = times
  if (oldest === undefined || times.length % 2048 !== 0) return times
  return times.filter((known) => known >= time - rememberSendsMs)
}

function add(totals: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) totals.set(name, (totals.get(name) ?? 0) + count)
}
