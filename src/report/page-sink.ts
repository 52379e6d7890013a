import type { ValueCount } from '../page/page-data.ts'
import { emptyValue, filteredColumns } from '../page/task-table.ts'
import { AttentionCounter } from './attention.ts'
import { resultColumns } from './columns.ts'
import type { PageWriter } from './page-writer.ts'
import type { ReportRow } from './report-row.ts'
import type { Cells, RowSink } from './write-results.ts'

/** What the page needs from a run's rows: the rows, those that need a person by kind, and the values to filter by. */
export class PageSink implements RowSink {
  readonly attention = new AttentionCounter()
  readonly #values = filteredColumns.map(({ name }) => ({
    name,
    place: (resultColumns as readonly string[]).indexOf(name),
    counts: new Map<string, number>(),
  }))
  readonly #page: PageWriter

  constructor(page: PageWriter) {
    this.#page = page
  }

  async take(rows: readonly ReportRow[], records: readonly Cells[]): Promise<void> {
    for (const row of rows) this.attention.add(row)
    if (!this.#page.hasRows) return
    for (const { place, counts } of this.#values) {
      for (const record of records) {
        const value = String(record[place] ?? '') || emptyValue
        counts.set(value, (counts.get(value) ?? 0) + 1)
      }
    }
    await this.#page.writeRows(records.map((record) => JSON.stringify(record)))
  }

  /** The values of each column that can be filtered, the most frequent first. */
  values(): Readonly<Record<string, readonly ValueCount[]>> {
    return Object.fromEntries(
      this.#values.map(({ name, counts }) => [
        name,
        [...counts]
          .map(([value, count]) => ({ value, count }))
          .sort((some, other) => other.count - some.count),
      ]),
    )
  }
}
