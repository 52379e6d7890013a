import { Refusal } from '../../messages/known-error.ts'
import { shown } from '../../messages/shown.ts'
import { maxRecordLength } from '../bytes/limits.ts'
import { cellName, lastColumn, lastLine, lineName, parseCellName } from './cell-name.ts'
import { type CellValue, readCell } from './cell-value.ts'
import { OpenCell } from './open-cell.ts'
import { readXml } from './read-xml.ts'
import { isTrue, type Workbook } from './workbook.ts'
import type { Attributes, XmlVisitor } from './xml-parser.ts'

/** A row of a sheet, with the cells that the sheet stores. */
export interface SheetRow {
  /** Its number in the sheet, from 1. */
  readonly line: number
  /** Whether nobody can see it: it is hidden, filtered out, folded up, or of no height. */
  readonly isHidden: boolean
  /** The cells that are not empty, by column from 0, in order. */
  readonly cells: ReadonlyMap<number, CellValue>
}

interface OpenRow {
  readonly line: number
  readonly isHidden: boolean
  readonly cells: Map<number, CellValue>
  column: number
  length: number
}

/** Makes rows from a sheet's elements. */
class RowBuilder implements XmlVisitor {
  readonly rows: SheetRow[] = []
  readonly #workbook: Workbook
  #line = 0
  #row: OpenRow | null = null
  #cell: OpenCell | null = null

  constructor(workbook: Workbook) {
    this.#workbook = workbook
  }

  open(name: string, attributes: Attributes, path: readonly string[]): void {
    if (path[1] !== 'sheetData') return
    if (path.length === 2 && name !== 'row')
      throw this.#broken('it contains something other than rows where only rows are expected')
    if (path.length === 3 && name === '')
      throw this.#broken(`something other than cells was found in row ${this.#line}`)
    if (path.length === 2) this.#openRow(attributes)
    else if (path.length === 3 && name === 'c') this.#openCell(attributes)
    else this.#cell?.open(name, path)
  }

  text(text: string, path: readonly string[]): void {
    this.#cell?.take(text, path)
  }

  close(name: string, path: readonly string[]): void {
    if (path[1] !== 'sheetData') return
    if (path.length === 3 && name === 'c') this.#closeCell()
    else this.#cell?.close(name, path)
    if (path.length !== 2 || name !== 'row' || this.#row === null) return
    const { line, isHidden, cells } = this.#row
    this.rows.push({ line, isHidden, cells })
    this.#row = null
  }

  #openRow(attributes: Attributes): void {
    const stated = attributes.get('r')
    const line = stated === undefined ? this.#line + 1 : Number(stated)
    if (!Number.isInteger(line) || line > lastLine || line <= this.#line)
      throw this.#broken(`a row numbered ${shown(stated ?? String(line))} was found after row ${this.#line}`)
    this.#line = line
    const height = attributes.get('ht')
    const hidden = attributes.get('hidden')
    const isFlat = height !== undefined && Number(height) === 0
    // The sheet's own `zeroHeight` is not checked: it is about rows that are not stored at all.
    const isHidden = isFlat || (hidden !== undefined && isTrue(hidden))
    this.#row = { line, isHidden, cells: new Map(), column: -1, length: 0 }
  }

  #openCell(attributes: Attributes): void {
    const row = this.#row
    if (row === null) return
    const stated = attributes.get('r')
    const place = stated === undefined ? { line: row.line, column: row.column + 1 } : parseCellName(stated)
    if (place === null || place.line !== row.line || place.column <= row.column || place.column > lastColumn)
      throw this.#broken(`the cell ${shown(stated ?? '')} was found out of order in row ${row.line}`)
    row.column = place.column
    this.#cell = new OpenCell(place.column, attributes)
  }

  #closeCell(): void {
    const [row, cell] = [this.#row, this.#cell]
    this.#cell = null
    if (row === null || cell === null) return
    const { name, choice, context } = this.#workbook
    if (cell.values > 1) {
      const place = { line: row.line, column: cell.column }
      throw this.#broken(`the cell ${cellName(choice.sheet.name, place)} has ${cell.values} values`)
    }
    const value = readCell(cell, context)
    if (value.text === '' && value.problem === null) return
    row.cells.set(cell.column, value)
    row.length += value.text.length
    if (row.length > maxRecordLength)
      throw new Refusal(
        `${name}: the row ${lineName(choice.sheet.name, row.line)} is longer than 1 MiB.`,
        'Check that the sheet has one user per row, and remove what is not a record.',
      )
  }

  #broken(what: string): Refusal {
    const { name, choice } = this.#workbook
    return new Refusal(
      `${name}, sheet ${shown(choice.sheet.name)}: ${what}.`,
      'Open the workbook in Excel and save it again, or save the sheet as CSV UTF-8.',
    )
  }
}

/** Reads the rows of the sheet that was chosen, one at a time and in order. Rows without cells may be left out. */
export async function* readSheetRows(workbook: Workbook): AsyncGenerator<SheetRow> {
  const { name, parts, choice } = workbook
  const { part } = choice.sheet
  const builder = new RowBuilder(workbook)
  for await (const _ of readXml(parts.read(part), `${name}, ${part}`, builder)) {
    yield* builder.rows
    builder.rows.length = 0
  }
}
