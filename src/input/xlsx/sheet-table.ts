import { Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import { cellName, lineName } from './cell-name.ts'
import type { CellValue } from './cell-value.ts'
import { readSheetRows, type SheetRow } from './sheet-rows.ts'
import type { Workbook } from './workbook.ts'

/** Whether a row holds nothing that can be seen, and so is not a record. */
function isBlank({ cells }: SheetRow): boolean {
  for (const { text, problem } of cells.values())
    if (problem !== null || trimInvisible(text) !== '') return false
  return true
}

/** The rules for reading rows: which row is the header, and whether hidden rows count. */
export type TableRules = Pick<InputFile, 'name' | 'headerLine' | 'hiddenRows'>

function noHeader({ name, headerLine = null }: TableRules, sheet: string): Refusal {
  if (headerLine !== null)
    return new Refusal(
      `${name}: line ${headerLine} was named as the header, but the row ${lineName(sheet, headerLine)} is blank or missing.`,
      'Name the row that contains the column names by its number: --header-line N (in a job file: input.header_line).',
    )
  return new Refusal(
    `${name}: the sheet ${shown(sheet)} is empty; a header with the names of the columns was expected.`,
    'Put the list on that sheet, or name another one: --sheet NAME (in a job file: input.sheet).',
  )
}

function checkHeader(
  { name, hiddenRows }: TableRules,
  sheet: string,
  { line, isHidden, cells }: SheetRow,
): void {
  if (isHidden && hiddenRows !== 'read')
    throw new Refusal(
      `${name}: the row ${lineName(sheet, line)} is the header, but it is hidden.`,
      'Show it or delete it, or add --hidden-rows read (in a job file: input.hidden_rows: read).',
    )
  for (const [column, { problem }] of cells)
    if (problem !== null)
      throw new Refusal(
        `${name}: the header can't be read: ${cellName(sheet, { line, column })}: ${problem}.`,
        'Correct that cell, or name another line as the header: --header-line N (in a job file: input.header_line).',
      )
}

/**
 * The rows of the sheet from its header on, the header first: the line that was named, else the first that is not
 * blank. Blank rows are left out. Throws KnownError if there is no header, or if it can't be read or seen.
 */
export async function* readTable(workbook: Workbook, rules: TableRules): AsyncGenerator<SheetRow> {
  const sheet = workbook.choice.sheet.name
  const wanted = rules.headerLine ?? null
  let isFound = false
  for await (const row of readSheetRows(workbook)) {
    if (isBlank(row) || (wanted !== null && row.line < wanted)) continue
    if (!isFound) {
      if (wanted !== null && row.line > wanted) break
      checkHeader(rules, sheet, row)
      isFound = true
    }
    yield row
  }
  if (!isFound) throw noHeader(rules, sheet)
}

/** The names that a header gives to this many columns; one without a name is called `column_N`. */
export function columnNames({ cells }: SheetRow, width: number): string[] {
  return Array.from({ length: width }, (_, column) => {
    const name = textAt(cells, column)
    return trimInvisible(name) === '' ? `column_${column + 1}` : name
  })
}

/** The text of a cell; empty if the row has none. */
export function textAt(cells: ReadonlyMap<number, CellValue>, column: number): string {
  return cells.get(column)?.text ?? ''
}
