import { join } from 'node:path'
import { openReplacingFile, type ReplacingFile } from '../files/replacing-file.ts'
import { renderCsv } from '../input/csv/csv-text.ts'
import { jsonLineRenderer } from '../input/json/json-line.ts'
import type { Cell } from '../input/row.ts'
import { nameInputColumns, resultColumns } from './columns.ts'
import { type FailedLayout, failedCells, failedColumns, layOutFailed } from './failed-rows.ts'
import { FeedAgain } from './feed-again.ts'
import type { ReportRow } from './report-row.ts'
import { createTotalsCounter, type WrittenTotals } from './totals.ts'

/** Rows that are rendered together. No more rows than this are in memory. */
const rowsPerBatch = 256

/** Tells Excel that a CSV file is UTF-8. */
const byteOrderMark = '\uFEFF'

/** The files of results by their format. */
export type ResultsFormat = 'csv' | 'jsonl'

/** Takes the rows that are written to the files, with the cells of each task in the order of the columns. */
export interface RowSink {
  take(rows: readonly ReportRow[], records: readonly Cells[]): Promise<void>
}

export interface ResultsOptions {
  /** Which files are written; `csv` is `results.csv` and `failed.csv`. */
  readonly formats?: ReadonlySet<ResultsFormat>
  /** Decides what belongs in `failed.csv`. */
  readonly feeding?: FeedAgain
  /** Called right before each file takes its place; throws when it must not. */
  readonly beforeCommit?: () => Promise<void>
  /** The bound of lags in seconds; null if there is none. */
  readonly maxLag?: number | null
  /** How `failed.csv` is laid out. */
  readonly layout?: FailedLayout
  /** Whether the CSV files begin with a byte-order mark. */
  readonly byteOrderMark?: boolean
  readonly sink?: RowSink | null
}

const allFormats: ReadonlySet<ResultsFormat> = new Set(['csv', 'jsonl'])

/**
 * Writes `results.csv`, `results.jsonl` and `failed.csv` into the directory in one pass over the rows, which must come
 * in input order. `columns` are the input's own columns, in its order. The next row is requested only when the rows
 * before it are written. Each file appears whole, mode 0600, or not at all. Throws a KnownError if a file can't be
 * written, and whatever the rows throw.
 */
export async function writeResults(
  directory: string,
  columns: readonly string[],
  rows: AsyncIterable<ReportRow>,
  options: ResultsOptions = {},
): Promise<WrittenTotals> {
  const {
    formats = allFormats,
    feeding = new FeedAgain(),
    beforeCommit,
    maxLag = null,
    sink = null,
  } = options
  const names = [...resultColumns, ...nameInputColumns(columns)]
  const { layout = layOutFailed(columns) } = options
  const toJsonLine = jsonLineRenderer(names)
  const counter = createTotalsCounter(maxLag)
  const opened: ReplacingFile[] = []
  let rowsToFeed = 0
  async function openFile(name: string, format: ResultsFormat): Promise<ReplacingFile | null> {
    if (!formats.has(format)) return null
    const file = await openReplacingFile(join(directory, name))
    opened.push(file)
    return file
  }

  try {
    const resultsCsv = await openFile('results.csv', 'csv')
    const resultsJsonl = await openFile('results.jsonl', 'jsonl')
    const failedCsv = await openFile('failed.csv', 'csv')
    const mark = options.byteOrderMark === true ? byteOrderMark : ''
    await resultsCsv?.write(mark + renderCsv([names]))
    await failedCsv?.write(mark + renderCsv([failedColumns(layout)]))

    for await (const batch of inBatches(rows)) {
      for (const row of batch) counter.add(row)
      const records = batch.flatMap((row) => toRecords(row, columns))
      const again = batch.filter((row) => feeding.see(row)).map((row) => feeding.marked(row))
      rowsToFeed += again.length
      await Promise.all([
        resultsCsv?.write(renderCsv(records)),
        resultsJsonl?.write(records.map(toJsonLine).join('')),
        ...(again.length > 0 ? [failedCsv?.write(failedText(again, layout))] : []),
        sink?.take(batch, records),
      ])
    }
    for (const file of opened) {
      await beforeCommit?.()
      try {
        await file.commit()
      } catch (error) {
        // If another process has taken the run over, it has removed the file: that is the reason to report.
        await beforeCommit?.()
        throw error
      }
    }
    return { ...counter.totals(), rowsToFeed }
  } finally {
    for (const file of opened) await file.discard()
  }
}

/** What is written about a task: the cells of {@link resultColumns}, then the input's own. */
export type Cells = readonly (Cell | undefined)[]

/** Renders each row by itself, because rows that were not read differ in length. */
function failedText(rows: readonly ReportRow[], layout: FailedLayout): string {
  return rows.map((row) => renderCsv([failedCells(row, layout)])).join('')
}

function ownCells(row: ReportRow, columns: readonly string[]): Cells {
  return columns.map((column) => row.cells.get(column))
}

function toRecords(row: ReportRow, columns: readonly string[]): Cells[] {
  const own = ownCells(row, columns)
  return row.tasks.map((task) => [...resultColumns.map((column) => task[column]), ...own])
}

async function* inBatches(rows: AsyncIterable<ReportRow>): AsyncGenerator<readonly ReportRow[]> {
  let batch: ReportRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < rowsPerBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
