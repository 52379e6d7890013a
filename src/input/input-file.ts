import type { InputEncoding } from './bytes/encoding.ts'

/** An input on disk: what is needed to read it and to name it in messages. */
export interface InputFile {
  /** The path to it, mostly to a copy in a run directory. */
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
  /** Whether hidden rows of a workbook are bad rows, or rows like any others; left out: bad rows. */
  readonly hiddenRows?: HiddenRows
}

/** How rows of a workbook that are hidden or filtered out can be treated. */
export const hiddenRowsChoices = ['refuse', 'read'] as const
export type HiddenRows = (typeof hiddenRowsChoices)[number]

/** An input as messages name it: by what the user typed, a path or `-`. */
export function inputName(typed: string): string {
  return typed === '-' ? 'standard input' : typed
}
