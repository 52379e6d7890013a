import { Refusal } from '../../messages/known-error.ts'
import { shownList } from '../../messages/shown.ts'
import type { InputFile } from '../input-file.ts'
import type { Cell, RawRecord, RowProblem } from '../row.ts'
import { cellName, lineName } from './cell-name.ts'
import { MergedLines, readMergedCells } from './merged-cells.ts'
import type { SheetRow } from './sheet-rows.ts'
import { columnNames, readTable, textAt } from './sheet-table.ts'
import { openWorkbook, type Workbook } from './workbook.ts'

/** How rows of a sheet become records. */
interface RecordRules {
  readonly sheet: string
  readonly columns: readonly string[]
  /** The places of the columns that mean something. Merged or struck cells in them are problems. */
  readonly used: readonly number[]
  readonly readsHidden: boolean
  readonly merged: MergedLines
}

function problemsOf(rules: RecordRules, { line, isHidden, cells }: SheetRow): RowProblem[] {
  const { sheet, columns, used, readsHidden, merged } = rules
  const problems: RowProblem[] = []
  if (isHidden && !readsHidden)
    problems.push({
      column: null,
      message: `the row ${lineName(sheet, line)} is hidden or filtered out; show or delete it, or add --hidden-rows read (in a job file: input.hidden_rows: read)`,
    })
  for (const [place, { problem }] of cells) {
    const column = columns[place]
    if (problem !== null && column !== undefined) problems.push({ column, message: problem, isUnread: true })
  }
  for (const place of used) {
    if (cells.get(place)?.isStruck === true)
      problems.push({
        column: columns[place] ?? null,
        message:
          'the cell is struck through: somebody may have meant to remove the row; delete the row, or remove the strikethrough',
        isUnread: true,
      })
    const range = merged.coveredAt(line, place)
    if (range !== null)
      problems.push({
        column: columns[place] ?? null,
        message: `the cell is merged with others as ${range.name}, which shows only the first of them; unmerge them and fill each one`,
        isUnread: true,
      })
  }
  return problems
}

function toRecord(rules: RecordRules, row: number, sheetRow: SheetRow): RawRecord {
  const { sheet, columns } = rules
  const { line, cells: values } = sheetRow
  const cells = new Map<string, Cell>()
  for (const [place, column] of columns.entries()) cells.set(column, textAt(values, place))
  const placeOf = (column: string): number => columns.indexOf(column)
  return {
    row,
    line,
    cells,
    raw: null,
    problems: problemsOf(rules, sheetRow),
    inSheet: {
      cellName: (column) => cellName(sheet, { line, column: placeOf(column) }),
      notText: (column) => values.get(placeOf(column))?.notText ?? null,
      isDate: (column) => values.get(placeOf(column))?.isDate ?? false,
    },
  }
}

/**
 * Reads the records of a workbook's sheet whose header has exactly these columns. What can't be read or seen is a
 * problem of its record. Rows with only empty cells are not rows.
 * @param used the columns that mean something
 * Throws KnownError if the workbook is damaged or another kind of file, or if the header has other columns.
 */
export async function* readXlsx(
  input: InputFile,
  columns: readonly string[],
  used: readonly string[],
): AsyncGenerator<RawRecord> {
  const workbook = await openWorkbook(input)
  try {
    yield* recordsOf(workbook, input, columns, used)
  } finally {
    workbook.parts.close()
  }
}

async function* recordsOf(
  workbook: Workbook,
  input: InputFile,
  columns: readonly string[],
  used: readonly string[],
): AsyncGenerator<RawRecord> {
  const rules: RecordRules = {
    sheet: workbook.choice.sheet.name,
    columns,
    used: used.map((column) => columns.indexOf(column)).filter((place) => place >= 0),
    readsHidden: input.hiddenRows === 'read',
    merged: new MergedLines(await readMergedCells(workbook)),
  }
  let row = -1
  for await (const sheetRow of readTable(workbook, input)) {
    row += 1
    if (row > 0) yield toRecord(rules, row, sheetRow)
    else checkColumns(input.name, columnNames(sheetRow, columns.length), columns)
  }
}

function checkColumns(name: string, found: readonly string[], columns: readonly string[]): void {
  if (found.every((column, place) => column === columns[place])) return
  throw new Refusal(
    `${name}: the header has the columns ${shownList(found)}; ${shownList(columns)} were expected.`,
    'The file has changed since its header was read: start again.',
  )
}
