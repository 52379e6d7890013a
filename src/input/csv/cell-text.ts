import type { Options } from 'csv-parse'
import { maxRecordLength } from '../bytes/limits.ts'
import { nearTo, notTextError } from '../bytes/not-text.ts'
import { decodeUtf8, NotUtf8 } from '../bytes/utf8.ts'
import type { InputFile } from '../input-file.ts'
import { unescapeFormula } from './formula.ts'

/**
 * The options of csv-parse for header and rows alike. Each byte comes through as one character of Latin-1, because
 * csv-parse would silently replace what is not UTF-8. {@link decodeCell} then decodes the cells.
 */
export const csvOptions = {
  encoding: 'latin1',
  // All three line ends, because a file that was joined from several may mix them.
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
