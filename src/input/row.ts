import type { Action } from '../okta/actions.ts'
import type { KeyKind } from './key/user-key.ts'

/** The formats that an input can have. */
export const inputFormats = ['csv', 'json', 'jsonl', 'xlsx'] as const
export type InputFormat = (typeof inputFormats)[number]

/**
 * One cell of the input as it came, for the reports. CSV and workbooks give texts. JSON values are kept, so that
 * `results.jsonl` shows a number as a number.
 */
export type Cell = string | number | boolean | null | object

/** A record of the input before anything has been judged. `cells` are in the order of the input's columns. */
export interface RawRecord {
  /** From 1. Neither a header nor a blank line is a row. */
  readonly row: number
  /**
   * The line of the file (in a workbook: the row of the sheet) in which the record begins, from 1; null if lines say
   * nothing, as in a JSON array.
   */
  readonly line: number | null
  readonly cells: ReadonlyMap<string, Cell>
  /**
   * The record as it was read, cell by cell, if `cells` can't show all of it: it has too many or too few cells, or is
   * not JSON. Null if `cells` show all of it.
   */
  readonly raw: readonly string[] | null
  /** What makes the record itself unreadable: a wrong number of cells, a key that comes twice, not an object. */
  readonly problems: readonly RowProblem[]
  /**
   * The columns whose cells are JSON numbers kept as text, because JavaScript would lose digits; left out if there are
   * none.
   */
  readonly longNumbers?: ReadonlySet<string>
  /** What only a workbook knows about its rows; left out for other formats. */
  readonly inSheet?: SheetFacts
}

/** What a workbook knows about a row, besides its texts. Each `column` is one of the input's. */
interface SheetFacts {
  /** The cell as formulas name it: `Leavers!B4`. */
  readonly cellName: (column: string) => string
  /** What the cell holds if that is not a text: `the number 42`. Null for a text and for an empty cell. */
  readonly notText: (column: string) => string | null
  /** Whether the cell itself is a date, perhaps with a time. The reader then writes its text as ISO 8601. */
  readonly isDate: (column: string) => boolean
}

/** One thing that is wrong with a row. */
export interface RowProblem {
  /** The column's own name; null if the row as a whole is wrong. */
  readonly column: string | null
  /** What was wrong and what was expected, for a person: "user is empty; an id or a login was expected". */
  readonly message: string
  /**
   * Whether the cell holds something that could not be read, so that its text can't be relied on; otherwise left out.
   */
  readonly isUnread?: boolean
}

/** A row that can be acted on. */
export interface ValidRow {
  readonly kind: 'valid'
  readonly row: number
  readonly line: number | null
  /** The user key, trimmed: an id, a login or a login's short name. */
  readonly user: string
  readonly keyKind: KeyKind
  /** What to do with the user, in order; from the row itself, the job, or `--action`. Never empty. */
  readonly actions: readonly Action[]
  /** The row's own `send_email`; null if it has none. */
  readonly sendEmail: boolean | null
  /** When the row is due, in milliseconds since 1970; null if the job has no `input.due`. It may still lie ahead. */
  readonly due: number | null
  /** The login that the user must have in Okta, from `input.check`; null if the job checks none. */
  readonly checkLogin: string | null
  readonly cells: ReadonlyMap<string, Cell>
  /** The column whose cell is a date by its own type, whatever `input.due.format` says; left out if there is none. */
  readonly dateCell?: string
}

/** What rows that are not acted on have in common. */
interface RefusedRow {
  readonly row: number
  readonly line: number | null
  /** The user key and action as written, as far as they are known; otherwise an empty text. */
  readonly user: string
  readonly action: string
  readonly problems: readonly RowProblem[]
  readonly cells: ReadonlyMap<string, Cell>
  /** As {@link ValidRow.dateCell}. */
  readonly dateCell?: string
}

/** A row that can't be acted on. */
export interface InvalidRow extends RefusedRow {
  readonly kind: 'invalid'
  /** As {@link RawRecord.raw}. */
  readonly raw: readonly string[] | null
}

/** A row that `input.where` leaves out; its one problem says because of which cell. */
export interface NotSelectedRow extends RefusedRow {
  readonly kind: 'not_selected'
}

export type InputRow = ValidRow | InvalidRow | NotSelectedRow

/** The row's actions and options as one text, equal for rows that ask for the same. */
export function signatureOf(row: Pick<ValidRow, 'actions' | 'sendEmail'>): string {
  return `${row.actions.join(',')} ${row.sendEmail ?? ''}`
}

/** The place of a row, as every message names it: `row 3 (line 5)`. */
export function rowPlace({ row, line }: { readonly row: number; readonly line: number | null }): string {
  return line === null ? `row ${row}` : `row ${row} (line ${line})`
}

/** Makes a bad row of one that could be acted on, because the rows around it say that it should not be. */
export function asBadRow(
  { row, line, user, actions, cells }: ValidRow,
  column: string | null,
  message: string,
): InvalidRow {
  const problems = [{ column, message }]
  return { kind: 'invalid', row, line, user, action: actions[0] ?? '', problems, cells, raw: null }
}
