import { type ColumnMapping, usedColumns } from './column-mapping.ts'
import type { InputFile } from './input-file.ts'
import { columnsOfSettings, createRowJudge, type RowSettings } from './judge-row.ts'
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
  const judge = createRowJudge(mapping, settings)
  const needed = cellsNeeded(mapping, columnsOfSettings(settings))
  for await (const record of readRecords(input, settings.format, mapping.columns, chunkBytes, needed))
    yield judge(record)
}

/** How many cells a row must have: up to the last column that is used. */
function cellsNeeded(mapping: ColumnMapping, others: readonly string[]): number {
  const used = usedColumns(mapping, others)
  return 1 + mapping.columns.findLastIndex((column) => used.includes(column))
}
