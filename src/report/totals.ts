import { type Action, actionNames } from '../okta/actions.ts'
import { ControlCounter, type ControlTotals } from '../rules/control-totals.ts'
import { type SkipReason, skipReasons, type VerificationResult, verifications } from '../rules/result.ts'
import { type Lag, LagCounter } from './lag.ts'
import { type People, PeopleCounter } from './people.ts'
import { type ReportedResult, type ReportRow, reportedResults } from './report-row.ts'

/** An action, or `unknown` for a bad row without a valid action. */
type CountedAction = Action | 'unknown'

/** The number of tasks for each result. All results are present, even with 0. */
type ResultCounts = Record<ReportedResult, number>

/** The counts over all tasks of a run. */
export interface ResultTotals {
  readonly rows: number
  readonly control: ControlTotals
  readonly people: People
  readonly tasks: number
  readonly results: Readonly<ResultCounts>
  /** Of the failed tasks, those whose failure the job allows for. */
  readonly excused: number
  /** Only the actions that occur. */
  readonly actions: Readonly<Partial<Record<CountedAction, Readonly<ResultCounts>>>>
  /** The number of skipped tasks for each reason. All reasons are present, even with 0. */
  readonly skipped: Readonly<Record<SkipReason, number>>
  /** Tasks by what verifying them showed. */
  readonly verified: Readonly<Record<VerificationResult, number>>
  /** Applied tasks whose activation link, which the job asked for, is lost. */
  readonly lostLinks: number
  /** Null if no task was due at a time and applied. */
  readonly lag: Lag | null
  /** When the first of the tasks that were not due becomes due, RFC 3339 UTC; null if there are none. */
  readonly nextDueAt: string | null
}

/** The same, with the size of `failed.csv`. */
export interface WrittenTotals extends ResultTotals {
  /** Rows in `failed.csv`. */
  readonly rowsToFeed: number
}

/** Counts rows one by one and keeps none of them. */
export interface TotalsCounter {
  add(row: ReportRow): void
  totals(): ResultTotals
}

/** @param maxLag the bound of a task's lag in seconds; null if the job sets none */
export function createTotalsCounter(maxLag: number | null = null): TotalsCounter {
  const control = new ControlCounter()
  const lags = new LagCounter(maxLag)
  const people = new PeopleCounter()
  let tasks = 0
  let excused = 0
  const results = zeroCounts(reportedResults)
  const actions: Partial<Record<CountedAction, ResultCounts>> = {}
  const skipped = zeroCounts(skipReasons)
  const verified = zeroCounts(verifications)
  let lostLinks = 0
  let nextDueAt: string | null = null
  return {
    add(row) {
      control.add(row.tasks[0]?.reason ?? null)
      excused += row.excused.length
      people.add(row)
      for (const task of row.tasks) {
        lags.add(task)
        tasks++
        results[task.result]++
        const action = countedAction(task.action)
        const counts = actions[action] ?? zeroCounts(reportedResults)
        counts[task.result]++
        actions[action] = counts
        if (task.reason !== null && task.reason !== 'other_user') skipped[task.reason]++
        if (task.reason === 'not_due') nextDueAt = earlierOf(nextDueAt, task.due_at)
        if (task.activation_link === 'lost') lostLinks++
        if (task.verified !== undefined) verified[task.verified]++
      }
    },
    totals: () => ({
      rows: control.totals().rows,
      control: control.totals(),
      people: people.people(),
      tasks,
      results: { ...results },
      excused,
      actions: structuredClone(actions),
      skipped: { ...skipped },
      verified: { ...verified },
      lostLinks,
      lag: lags.lag(),
      nextDueAt,
    }),
  }
}

/** The earlier of two times in the same form; null only if both are. */
function earlierOf(some: string | null, other: string | null): string | null {
  if (some === null || other === null) return some ?? other
  return other < some ? other : some
}

function countedAction(text: string): CountedAction {
  return actionNames.find((name) => name === text) ?? 'unknown'
}

function zeroCounts<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
}
