import { standingOf } from '../report/people.ts'
import type { ReportRow } from '../report/report-row.ts'
import { mostNamed, type Problem } from './notification.ts'

/** Collects the first tasks of a run that somebody must look at. */
export class Problems {
  readonly #most: number
  readonly #found: Problem[] = []

  /** @param most how many at most */
  constructor(most = mostNamed) {
    this.#most = most
  }

  add({ tasks, excused }: Pick<ReportRow, 'tasks' | 'excused'>): void {
    for (const task of tasks) {
      if (this.#found.length === this.#most) return
      if (standingOf(task, excused) !== 'needs_you') continue
      const { row, step, user, action, result, message } = task
      this.#found.push({ row, step, user, action, result, message })
    }
  }

  get found(): readonly Problem[] {
    return this.#found
  }
}
