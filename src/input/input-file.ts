import type { InputEncoding } from './bytes/encoding.ts'

/** An input on disk: what it takes to read it, and to speak of it. */
export interface InputFile {
  /** Where it lies: mostly a copy in a run directory. */
  readonly path: string
  /** For messages, see {@link inputName}. */
  readonly name: string
  readonly encoding: InputEncoding
  /** The line of a CSV that holds the header, from 1, blank lines counted; null or left out: the first that is not blank. */
  readonly headerLine?: number | null
}

/** An input as messages name it: by what the user typed, a path or `-`. */
export function inputName(typed: string): string {
  return typed === '-' ? 'standard input' : typed
}
