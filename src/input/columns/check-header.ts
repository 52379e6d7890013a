import { Refusal } from '../../messages/known-error.ts'
import { shownUnlessSecret } from '../../messages/shown.ts'
import { maxColumns } from '../bytes/limits.ts'

/** Throws KnownError if a header has too many columns, or names one of them twice. */
export function checkHeader(name: string, columns: readonly string[]): void {
  if (columns.length > maxColumns)
    throw new Refusal(
      `${name}: the header has ${columns.length} columns; at most ${maxColumns} are read.`,
      'Check that the file is a table with one record per line.',
    )
  const first = new Map<string, number>()
  for (const [index, column] of columns.entries()) {
    const before = first.get(column)
    if (before !== undefined)
      throw new Refusal(
        `${name}: the header names the column ${shownUnlessSecret(column)} twice, as columns ${before} and ${index + 1}.`,
        'Rename or remove one of them.',
      )
    first.set(column, index + 1)
  }
}
