import type { Cell } from '../input/row.ts'
import { resultNames, type TaskResult } from '../rules/result.ts'

/**
 * How a report says that a task ended: its result or, for a task without one, `not_run` (the run stopped first, and no
 * call is open) or `unsettled` (a call was sent and its outcome is not known yet; `resume` settles it).
 */
export const reportedResults = [...resultNames, 'not_run', 'unsettled'] as const
export type ReportedResult = (typeof reportedResults)[number]

/** A task in a report. Fields that only a result fills are null, 0 or empty for a task without one. */
export interface ReportedTask extends Omit<TaskResult, 'result'> {
  readonly result: ReportedResult
  /** When the row was due, RFC 3339 UTC; null if the job gives no dates. */
  readonly due_at: string | null
  /** Seconds from `due_at` to the confirmation that the action was applied; null if it was not. */
  readonly lag_seconds: number | null
}

/** A row of the input with its tasks. Reports show the rows in input order and the tasks by step. */
export interface ReportRow {
  /** From 1, as in the input. */
  readonly row: number
  /** The row's own cells by column name. */
  readonly cells: ReadonlyMap<string, Cell>
  /** The column whose cell is a date by its kind, as in `InputRow`; left out if there is none. */
  readonly dateCell?: string
  readonly tasks: readonly ReportedTask[]
  /** The steps, from 1, whose failure the job allows for; see `excusedSteps`. */
  readonly excused: readonly number[]
  /** Set for a row that must not be done if it is fed again unchanged. */
  readonly notRead: NotRead | null
}

/**
 * A row as it was in the input, if it could not be read, can't be judged alone, or has a key that names somebody else by
 * now.
 */
export interface NotRead {
  /** The cells as they were read, not cut or padded; null if they fit the columns. */
  readonly raw: readonly string[] | null
  /** What the row's own tasks don't say; left out if there is nothing. */
  readonly why?: string
}
