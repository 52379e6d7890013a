import type { InputEncoding } from './bytes/encoding.ts'

/** An input on disk: what it takes to read it, and to speak of it. */
export interface InputFile {
  /** Where it lies: mostly a copy in a run directory. */
  readonly path: string
  /** For messages, see {@link inputName}. */
  readonly name: string
  readonly encoding: InputEncoding
  /**
   * The line of a CSV or the row of a sheet that holds the header, from 1, blank lines counted; null or left out: the
   * first that is not blank.
   */
  readonly headerLine?: number | null
  /** The sheet of a workbook that is read; null or left out: the first that can be seen. */
  readonly sheet?: string | null
  /** Whether the rows of a workbook that nobody sees are bad rows, or rows like any others; left out: bad rows. */
  readonly hiddenRows?: HiddenRows
}

/** What may become of the rows of a workbook that are hidden or filtered out. */
export const hiddenRowsChoices = ['refuse', 'read'] as const
export type HiddenRows = (typeof hiddenRowsChoices)[number]

/** An input as messages name it: by what the user typed, a path or `-`. */
export function inputName(typed: string): string {
  return typed === '-' ? 'standard input' : typed
}
