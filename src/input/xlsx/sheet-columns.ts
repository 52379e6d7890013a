import { candidates, dataInHeader, userNames } from '../columns/column-names.ts'
import type { HeaderBelow } from '../columns/find-header-line.ts'
import type { InputFile } from '../input-file.ts'
import { trimInvisible } from '../key/trim.ts'
import type { SheetRow } from './sheet-rows.ts'
import { columnNames, readTable } from './sheet-table.ts'
import { openWorkbook, type Workbook } from './workbook.ts'

/** A sheet's columns, and the place of their names. */
export interface SheetColumns {
  readonly columns: readonly string[]
  /** The header's line in the sheet. */
  readonly line: number
  /** A line below that looks like the header; null if there is none. */
  readonly below: HeaderBelow | null
  /** The sheet, and the others that can be seen. */
  readonly sheet: string
  readonly others: readonly string[]
}

/** How many lines are searched for a header. */
const linesLookedThrough = 100

/** How many columns a row reaches: up to its last cell that is not blank. */
function widthOf({ cells }: SheetRow): number {
  let width = 0
  for (const [place, { text, problem }] of cells)
    if (problem !== null || trimInvisible(text) !== '') width = place + 1
  return width
}

function looksLikeHeader(row: SheetRow, userColumn: string | null): boolean {
  const texts = [...row.cells.values()].map(({ text }) => text)
  return dataInHeader(texts) === null && candidates(texts, userColumn, userNames).length > 0
}

/**
 * Reads a sheet once for its columns. There are as many columns as its widest row has cells, since a column without a
 * name may still have cells.
 */
export async function readSheetColumns(input: InputFile, userColumn: string | null): Promise<SheetColumns> {
  const workbook = await openWorkbook(input)
  try {
    return await columnsOf(workbook, input, userColumn)
  } finally {
    workbook.parts.close()
  }
}

async function columnsOf(
  workbook: Workbook,
  input: InputFile,
  userColumn: string | null,
): Promise<SheetColumns> {
  let header: SheetRow | null = null
  let width = 0
  let below: HeaderBelow | null = null
  for await (const row of readTable(workbook, input)) {
    header ??= row
    width = Math.max(width, widthOf(row))
    const isNear = row.line <= linesLookedThrough && row !== header
    if (isNear && below === null && looksLikeHeader(row, userColumn))
      below = { line: row.line, readInstead: header.line }
  }
  const found: SheetRow = header ?? { line: 1, isHidden: false, cells: new Map() }
  const { sheet, others } = workbook.choice
  return { columns: columnNames(found, width), line: found.line, below, sheet: sheet.name, others }
}
