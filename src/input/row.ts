import type { Action } from '../okta/actions.ts'

/** The formats that an input can have. */
export const inputFormats = ['csv', 'json', 'jsonl'] as const
export type InputFormat = (typeof inputFormats)[number]

/**
 * One cell of the input as it came, for the reports. CSV gives text; JSON keeps its own value, so that
 * `results.jsonl` shows a number as a number.
 */
export type Cell = string | number | boolean | null | object

/** A record of the input before anything has been judged. `cells` stand in the input's own column order. */
export interface RawRecord {
  /** From 1; a CSV header is not a row, a blank line is not one either. */
  readonly row: number
  readonly cells: ReadonlyMap<string, Cell>
  /** What makes the record unreadable as such: a wrong number of cells, bytes that are not text, not an object. */
  readonly problems: readonly RowProblem[]
}

/** One thing that is wrong with a row. */
export interface RowProblem {
  /** The column's own name; null where the row as a whole is wrong. */
  readonly column: string | null
  /** What was wrong and what was expected, for a person: "user is empty; an id or a login was expected". */
  readonly message: string
}

/** A row that can be acted on. */
export interface ValidRow {
  readonly kind: 'valid'
  readonly row: number
  /** The user key, trimmed: an id, a login or a login's short name. */
  readonly user: string
  /** What to do with the user, in order; from the row itself, the job, or `--action`. Never empty. */
  readonly actions: readonly Action[]
  /** The row's own `send_email`; null where it has none. */
  readonly sendEmail: boolean | null
  readonly cells: ReadonlyMap<string, Cell>
}

/** A row that can't be acted on. */
export interface InvalidRow {
  readonly kind: 'invalid'
  readonly row: number
  /** The user key and action as written, as far as they could be told; empty text otherwise. */
  readonly user: string
  readonly action: string
  readonly problems: readonly RowProblem[]
  readonly cells: ReadonlyMap<string, Cell>
}

export type InputRow = ValidRow | InvalidRow
