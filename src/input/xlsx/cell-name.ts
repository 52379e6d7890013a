import { visible } from '../../messages/shown.ts'

/** The last column, from 0, and the last row, from 1, that a sheet can have: XFD1048576. */
export const lastColumn = 16_383
export const lastLine = 1_048_576

/** The letters of a column, whose place counts from 0: A, B … Z, AA. */
function columnLetters(place: number): string {
  let letters = ''
  for (let rest = place + 1; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters
  return letters
}

/** The place of a cell: its line from 1, its column from 0. */
export interface CellPlace {
  readonly line: number
  readonly column: number
}

/** Reads a reference such as `B4` or `$B$4`; null if it is not one, or is outside what a sheet can have. */
export function parseCellName(name: string): CellPlace | null {
  const found = /^\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})$/.exec(name)
  if (found === null) return null
  const [, letters = '', line = ''] = found
  let column = 0
  for (const letter of letters.toUpperCase()) column = 26 * column + letter.charCodeAt(0) - 64
  const place = { line: Number(line), column: column - 1 }
  return place.line <= lastLine && place.column <= lastColumn ? place : null
}

/** The longest name of a sheet that is shown whole. Excel allows 31 characters. */
const longestName = 100

/** A sheet as formulas and messages name it: in quotes unless it is a plain word. */
function sheetWord(name: string): string {
  const sheet = visible(name.slice(0, longestName))
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(sheet) ? sheet : `'${sheet.replaceAll("'", "''")}'`
}

/** A cell as messages name it: `Leavers!B4`. */
export function cellName(sheet: string, { line, column }: CellPlace): string {
  return `${sheetWord(sheet)}!${columnLetters(column)}${line}`
}

/** A row as messages name it, in the form of a formula: `Leavers!4:4`. */
export function lineName(sheet: string, line: number): string {
  return `${sheetWord(sheet)}!${line}:${line}`
}
