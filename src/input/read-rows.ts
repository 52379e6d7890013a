import type { Action } from '../okta/actions.ts'
import { type ColumnMapping, usedColumns } from './column-mapping.ts'
import { OtherHeader } from './columns/other-header.ts'
import { SectionLabels } from './columns/section-labels.ts'
import { SparingHeading } from './columns/sparing-heading.ts'
import type { InputFile } from './input-file.ts'
import { columnsOfSettings, createRowJudge, type RowSettings } from './judge-row.ts'
import { readRecords } from './records.ts'
import type { InputRow } from './row.ts'

/** The actions of every row; empty if rows may name their own. */
function actionsOf({ action }: ColumnMapping, { steps, action: one }: RowSettings): readonly Action[] {
  if (steps !== null) return steps
  return action === null && one !== null ? [one] : []
}

/**
 * Reads and judges the rows of an input, one at a time and in order. The same data gives the same rows in each format.
 * Throws KnownError, naming the row that was reached, if the rest of the file cannot be read.
 */
export async function* readRows(
  input: InputFile,
  mapping: ColumnMapping,
  settings: RowSettings,
  chunkBytes?: number,
): AsyncGenerator<InputRow> {
  const judge = createRowJudge(mapping, settings)
  const otherHeader = new OtherHeader(mapping.columns, mapping.user)
  const sparingHeading = new SparingHeading(actionsOf(mapping, settings))
  const { format } = settings
  const isTable = format === 'csv' || format === 'xlsx'
  const used = usedColumns(mapping, columnsOfSettings(settings))
  const labels = new SectionLabels(mapping.columns, used, isTable ? mapping.user : null)
  for await (const record of readRecords(input, { format, columns: mapping.columns, used, chunkBytes })) {
    const row = judge(record)
    const labelled = labels.judge(isTable ? otherHeader.judge(row, record) : row, record)
    yield sparingHeading.judge(labelled, record)
  }
}
