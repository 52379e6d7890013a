import { readCsv } from './csv/read-csv.ts'
import type { InputFile } from './input-file.ts'
import { readJson } from './json/read-json.ts'
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
 * @param needed how many cells a CSV row must have, all of them if left out
 * Throws KnownError as the format's own reader does.
 */
export function readRecords(
  input: InputFile,
  format: InputFormat,
  columns: readonly string[],
  chunkBytes?: number,
  needed?: number,
): AsyncIterable<RawRecord> {
  return format === 'csv'
    ? readCsv(input, columns, chunkBytes, needed)
    : readJsonInOrder(input, format, columns, chunkBytes)
}

async function* readJsonInOrder(
  input: InputFile,
  format: 'json' | 'jsonl',
  columns: readonly string[],
  chunkBytes: number | undefined,
): AsyncGenerator<RawRecord> {
  const places = new Map(columns.map((column, index) => [column, index]))
  for await (const record of readJson(input, format, chunkBytes))
    yield { ...record, cells: inOrder(record.cells, places) }
}
