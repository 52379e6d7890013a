import { counted } from '../messages/counted.ts'
import { exitCodes } from '../messages/known-error.ts'
import type { StopReason } from '../messages/stop.ts'
import type { TaskPlace, TaskResult } from './result.ts'

/** How many failures an execution tolerates. Null: any number. */
export interface FailureBounds {
  /** This many are tolerated; the next one stops the run. */
  readonly most: number | null
  /** Of the tasks that succeeded or failed, the fraction that may fail, above 0 and below 1. */
  readonly rate: number | null
}

/** The rate is not judged before this many tasks have ended: one failure among the first two would be half. */
export const tasksBeforeRate = 50

/**
 * Counts the failures of one execution against the job's bounds. Every execution counts from 0 again, so that a person
 * who has looked at the results can go on.
 */
export class FailureLimits {
  readonly #bounds: FailureBounds
  readonly #isExpected: (step: number) => boolean
  #failed = 0
  #ended = 0
  /** Failures that were counted before their results. */
  readonly #foreseen = new Set<string>()
  /** Tasks that may have failed: something is still being looked up. */
  readonly #doubtful = new Set<string>()

  /**
   * @param isExpected whether the job allows for a failure of a step (`if_failed: go_on`), which then does not count
   */
  constructor(bounds: FailureBounds, isExpected: (step: number) => boolean) {
    this.#bounds = bounds
    this.#isExpected = isExpected
  }

  /**
   * Counts a failure as soon as Okta has answered, because other calls would leave while the answer goes to disk. The
   * result is not counted again. Returns what {@link see} does.
   */
  foresee({ row, step }: TaskPlace): StopReason | null {
    const stop = this.see({ row, step, result: 'failed' })
    this.#foreseen.add(`${row} ${step}`)
    return stop
  }

  /** Notes that a task has failed, unless the look-up that follows shows otherwise. */
  doubt({ row, step }: TaskPlace): void {
    if (!this.#isExpected(step)) this.#doubtful.add(`${row} ${step}`)
  }

  /** Notes that the outcome of such a task is known by now, and counted if it is a failure. */
  decided({ row, step }: TaskPlace): void {
    this.#doubtful.delete(`${row} ${step}`)
  }

  /** Whether a bound is passed if all tasks that may have failed did fail. Until that is known, no call may leave. */
  get mayBePassed(): boolean {
    const more = this.#doubtful.size
    if (more === 0) return false
    const [failed, ended] = [this.#failed + more, this.#ended + more]
    return this.#isOverMost(failed) || this.#isOverRate(failed, ended)
  }

  #isOverMost(failed: number): boolean {
    return this.#bounds.most !== null && failed > this.#bounds.most
  }

  #isOverRate(failed: number, ended: number): boolean {
    const { rate } = this.#bounds
    return rate !== null && ended >= tasksBeforeRate && failed > rate * ended
  }

  /** Takes in a result. Returns why the run must stop now; null if it may go on. */
  see({ row, step, result }: Pick<TaskResult, 'result'> & TaskPlace): StopReason | null {
    if (this.#foreseen.delete(`${row} ${step}`)) return null
    if (result === 'failed') {
      if (this.#isExpected(step)) return null
      this.#failed++
    } else if (result !== 'succeeded') return null
    this.#ended++
    const { most, rate } = this.#bounds
    if (this.#isOverMost(this.#failed)) {
      return tooMany(`${counted(this.#failed, 'task')} failed, and max_failures tolerates ${most}`)
    }
    if (rate !== null && this.#isOverRate(this.#failed, this.#ended)) {
      const part = `${this.#failed} of ${this.#ended} tasks failed`
      return tooMany(`${part}, and max_failure_rate tolerates ${Number((rate * 100).toFixed(2))}%`)
    }
    return null
  }
}

function tooMany(what: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `Too many failures: ${what}.`,
    advice: { kind: 'fix', fix: 'See results.csv for the reasons and remove their cause' },
  }
}

/** The execution has been at work for as long as the job allows. */
export function workedTooLong(duration: string): StopReason {
  return {
    state: 'stopped',
    exitCode: exitCodes.stoppedByGuard,
    message: `The run has been at work for ${duration}, which is as long as max_duration allows.`,
    advice: { kind: 'go_on' },
  }
}
