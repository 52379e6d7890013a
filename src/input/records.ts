import { readCsv } from './csv/read-csv.ts'
import type { InputFile } from './input-file.ts'
import { readJson } from './json/read-json.ts'
import type { Cell, InputFormat, RawRecord } from './row.ts'

/** What is needed to read records, besides the file. */
export interface RecordOptions {
  readonly format: InputFormat
  readonly columns: readonly string[]
  /** The columns that mean something. */
  readonly used: readonly string[]
  readonly chunkBytes?: number | undefined
}

/** Cells in the order of the columns. Cells without a column come last. */
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
 * A JSON record has no cell for a key that it lacks.
 * Throws KnownError as the format's own reader does.
 */
export function readRecords(
  input: InputFile,
  { format, columns, used, chunkBytes }: RecordOptions,
): AsyncIterable<RawRecord> {
  switch (format) {
    case 'csv':
      return readCsv(input, columns, chunkBytes, cellsNeeded(columns, used))
    case 'xlsx':
      return readWorkbook(input, columns, used)
    case 'json':
    case 'jsonl':
      return readJsonInOrder(input, format, columns, chunkBytes)
  }
}

/** How many cells a row of a CSV must have: up to the last column that is used. */
function cellsNeeded(columns: readonly string[], used: readonly string[]): number {
  return 1 + columns.findLastIndex((column) => used.includes(column))
}

/** The reader of workbooks is loaded only when it is needed, so that no CSV file waits for it. */
async function* readWorkbook(
  input: InputFile,
  columns: readonly string[],
  used: readonly string[],
): AsyncGenerator<RawRecord> {
  const { readXlsx } = await import('./xlsx/read-xlsx.ts')
  yield* readXlsx(input, columns, used)
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
