import type { Options } from 'csv-parse'
import { maxRecordLength } from '../bytes/limits.ts'
import { nearTo, notTextError } from '../bytes/not-text.ts'
import { decodeUtf8, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import { unescapeFormula } from './formula.ts'

/**
 * What csv-parse is told for header and rows alike. The bytes come through as Latin-1, one character for each, because
 * csv-parse would replace what is not UTF-8 without a word; {@link decodeCell} makes text of them.
 */
export const csvOptions = {
  encoding: 'latin1',
  // All three, because files that were joined together have several kinds.
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: maxRecordLength,
} as const satisfies Options

/** The text of a cell as csv-parse gives it. Throws {@link NotUtf8}. */
export function decodeCell(latin1: string): string {
  const text = /[\u0080-\u00ff]/.test(latin1) ? decodeUtf8(Buffer.from(latin1, 'latin1')) : latin1
  return unescapeFormula(text)
}

/** The error for a cell that could not be decoded; `place` says where it is. */
export function cellError(input: InputFile, place: string, latin1: string, error: unknown): unknown {
  if (!(error instanceof NotUtf8)) return error
  return notTextError(input, place, error, nearTo(Buffer.from(latin1, 'latin1'), error.offset))
}
