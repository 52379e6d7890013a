import { filteredColumns, needsColumn } from '../page/columns.ts'
import type { ValueCount } from '../page/page-data.ts'
import { emptyValue } from '../page/task-table.ts'
import { AttentionCounter } from './attention.ts'
import { attentionKindOf } from './attention-kinds.ts'
import { resultColumns } from './columns.ts'
import type { PageWriter } from './page-writer.ts'
import { standingOf } from './people.ts'
import type { ReportRow } from './report-row.ts'
import type { Cells, RowSink } from './write-results.ts'

/** The most values that a filter offers. If an action column is full of other values, the search finds the rest. */
const mostValues = 100

/** What the page needs from a run's rows: the rows, those that need a person by kind, and the values to filter by. */
export class PageSink implements RowSink {
  readonly attention = new AttentionCounter()
  readonly #values = filteredColumns.map(({ name }) => ({
    name,
    // The last cell says why the task needs somebody.
    place: name === needsColumn ? -1 : (resultColumns as readonly string[]).indexOf(name),
    counts: new Map<string, number>(),
  }))
  readonly #page: Pick<PageWriter, 'hasRows' | 'writeRows'>

  constructor(page: Pick<PageWriter, 'hasRows' | 'writeRows'>) {
    this.#page = page
  }

  async take(rows: readonly ReportRow[], records: readonly Cells[]): Promise<void> {
    for (const row of rows) this.attention.add(row)
    if (!this.#page.hasRows) return
    const needs = rows.flatMap(needsOf)
    const cells = records.map((record, index) => [...record, needs[index]])
    for (const { place, counts } of this.#values) {
      for (const record of cells) {
        const value = String(record.at(place) ?? '') || emptyValue
        counts.set(value, (counts.get(value) ?? 0) + 1)
      }
    }
    await this.#page.writeRows(cells.map((record) => JSON.stringify(record)))
  }

  /** The values of each column that can be filtered, the most frequent first. */
  values(): Readonly<Record<string, readonly ValueCount[]>> {
    return Object.fromEntries(
      this.#values.map(({ name, counts }) => [
        name,
        [...counts]
          .map(([value, count]) => ({ value, count }))
          .sort((some, other) => other.count - some.count)
          .slice(0, mostValues),
      ]),
    )
  }
}

/** For each task of a row, the kind of its trouble; null if nobody need look at it. */
function needsOf({ tasks, excused }: ReportRow): readonly (string | null)[] {
  return tasks.map((task) => (standingOf(task, excused) === 'needs_you' ? attentionKindOf(task).title : null))
}
