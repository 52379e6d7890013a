import type { ColumnMapping } from './column-mapping.ts'
import type { InputFile } from './input-file.ts'
import { judgeRow, type RowSettings } from './judge-row.ts'
import { readRecords } from './records.ts'
import type { InputRow } from './row.ts'

/**
 * Reads and judges the rows of an input, one at a time and in order. The same data gives the same rows in each format.
 * Throws KnownError, with the row that was reached, where the file cannot be read on.
 */
export async function* readRows(
  input: InputFile,
  mapping: ColumnMapping,
  settings: RowSettings,
  chunkBytes?: number,
): AsyncGenerator<InputRow> {
  for await (const record of readRecords(input, settings.format, mapping.columns, chunkBytes))
    yield judgeRow(record, mapping, settings)
}
