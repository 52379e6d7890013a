import type { BucketReport } from '../budget/lane.ts'
import { renderDuration } from '../messages/duration.ts'
import { forecastRun } from './plan-time.ts'

/** Shows how far a plan has got, on standard error. */
export interface PlanProgress {
  /** After each row. */
  update(rowsDone: number): void
  end(rowsDone: number): void
}

const everyMs = 5_000

/**
 * A line now and then, without cursor movement, because the rows may go to the same terminal.
 *
 * @param rows rows of the input
 */
export function createPlanProgress(rows: number, buckets: () => readonly BucketReport[]): PlanProgress {
  let shownAt = performance.now()
  function show(done: number): void {
    shownAt = performance.now()
    const percent = rows === 0 ? 100 : Math.floor((done / rows) * 100)
    const left = forecastRun({ reads: rows - done + 1, lifecycle: 0 }, buckets())
    const eta =
      left === null || done >= rows
        ? ''
        : `, at most ${Math.floor(left.perMinute)}/min by Okta's limit, about ${renderDuration(left.seconds)} left`
    process.stderr.write(`${done}/${rows} rows planned (${percent}%)${eta}\n`)
  }
  return {
    update: (done) => {
      if (performance.now() - shownAt >= everyMs) show(done)
    },
    end: show,
  }
}

/** Shows nothing, for `--quiet`. */
export function silentPlanProgress(): PlanProgress {
  return { update: () => {}, end: () => {} }
}
