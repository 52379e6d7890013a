import { readCsv } from './csv.ts'
import type { InputFile } from './input-file.ts'
import { readJsonArray } from './json-array.ts'
import { readJsonLines } from './json-lines.ts'
import type { Cell, InputFormat, RawRecord } from './row.ts'

/** Cells in the order of the columns; those of no column come last. */
function inOrder(
  cells: ReadonlyMap<string, Cell>,
  places: ReadonlyMap<string, number>,
): ReadonlyMap<string, Cell> {
  const place = (column: string) => places.get(column) ?? places.size
  let before = -1
  for (const column of cells.keys()) {
    if (place(column) < before)
      return new Map([...cells].sort(([some], [other]) => place(some) - place(other)))
    before = place(column)
  }
  return cells
}

/**
 * Reads the records of an input one at a time, whatever its format, each with its cells in the order of `columns`.
 * A JSON record has no cell for a key that it has not.
 * Throws KnownError as the format's own reader does.
 */
export async function* readRecords(
  input: InputFile,
  format: InputFormat,
  columns: readonly string[],
  chunkBytes?: number,
): AsyncGenerator<RawRecord> {
  if (format === 'csv') {
    yield* readCsv(input, columns, chunkBytes)
    return
  }
  const places = new Map(columns.map((column, index) => [column, index]))
  const records = format === 'json' ? readJsonArray(input, chunkBytes) : readJsonLines(input, chunkBytes)
  for await (const record of records) yield { ...record, cells: inOrder(record.cells, places) }
}
