import type { ReportedTask } from './report-row.ts'

/** How long after their due times tasks were confirmed, in seconds. */
export interface Lag {
  /** Tasks that were due at a time and have been applied. */
  readonly tasks: number
  /** The middle one of the sorted lags; of two, the lower one. */
  readonly median_seconds: number
  /** The lowest lag that 95 of 100 tasks do not exceed. */
  readonly p95_seconds: number
  readonly worst_seconds: number
  /** The job's `max_lag`; null if it sets none. */
  readonly bound_seconds: number | null
  /** Tasks over the bound. */
  readonly over_bound: number
  /** The worst of them, at most 20, the worst one first. */
  readonly worst_over_bound: readonly LateTask[]
}

/** A task over the bound. */
export interface LateTask {
  readonly row: number
  readonly step: number
  readonly user: string
  /** The user's login in Okta; null if it is not known. */
  readonly okta_login: string | null
  readonly lag_seconds: number
}

const mostListed = 20

/** Keeps the lags of a run's tasks, 8 bytes each, and the worst of those over the bound. */
export class LagCounter {
  readonly #bound: number | null
  readonly #lags: number[] = []
  #over = 0
  #worst: LateTask[] = []

  /** @param bound seconds; null if the job sets none */
  constructor(bound: number | null) {
    this.#bound = bound
  }

  add({
    row,
    step,
    user,
    okta_login,
    lag_seconds: lag,
  }: Pick<ReportedTask, 'row' | 'step' | 'user' | 'okta_login' | 'lag_seconds'>): void {
    if (lag === null) return
    this.#lags.push(lag)
    if (this.#bound === null || lag <= this.#bound) return
    this.#over++
    const last = this.#worst[mostListed - 1]
    if (last !== undefined && last.lag_seconds >= lag) return
    // Rows come in the order of the input, which the sort keeps for equal lags.
    this.#worst = [...this.#worst, { row, step, user, okta_login, lag_seconds: lag }]
      .sort((some, other) => other.lag_seconds - some.lag_seconds)
      .slice(0, mostListed)
  }

  /** Null if no task has a lag. */
  lag(): Lag | null {
    const sorted = Float64Array.from(this.#lags).sort()
    const worst = sorted.at(-1)
    if (worst === undefined) return null
    const rank = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? worst
    return {
      tasks: sorted.length,
      median_seconds: rank(50),
      p95_seconds: rank(95),
      worst_seconds: worst,
      bound_seconds: this.#bound,
      over_bound: this.#over,
      worst_over_bound: this.#worst,
    }
  }
}
