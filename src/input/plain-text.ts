import { textInFormula } from './csv/text-formula.ts'
import { trimInvisible } from './key/trim.ts'
import type { Cell } from './row.ts'

/** A cell as a text. An object or a list is written as JSON. */
export function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell ?? '')
}

/** A cell in the form in which it is compared: without a formula around it and without invisible characters. */
export function plainText(cell: Cell | undefined): string {
  return trimInvisible(textInFormula(textOf(cell)))
}

/** What a cell is, for a message: `an array`, `the number 5`. */
export function kindOf(cell: Cell): string {
  if (Array.isArray(cell)) return 'an array'
  return typeof cell === 'object' ? 'an object' : `the ${typeof cell} ${textOf(cell)}`
}
