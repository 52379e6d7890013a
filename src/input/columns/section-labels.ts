import { shown, shownUnlessSecret } from '../../messages/shown.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { trimInvisible } from '../key/trim.ts'
import { asBadRow, type InputRow, type RawRecord } from '../row.ts'

/** The whole text of a cell that says that its row's user is not to be locked out: `Do not suspend`, `Not leaving`. */
const sparing = new RegExp(
  [
    String.raw`^\W*(please )?(do(es)? not|don['’]?t|never|not to be|nicht|ne pas|no)\b.{0,20}(suspend|deactivat|touch|remov|disabl|offboard|terminat|lock|delet|sperren|deaktivier|lösch|désactiver|suspendre|desactivar|suspender)`,
    String.raw`^\W*(not leaving|staying|stays|remaining|exclude|excluded|exclusions?|exceptions?|exempt|bleibt|bleiben)\W*$`,
  ].join('|'),
  'iu',
)

/** How long a label can be. A longer text is a note. */
const longestLabel = 80

/**
 * Watches the unused columns for labels that say that a row is not to be acted on. In a column before the user's, a
 * label also holds for the empty cells below it, as in a table with grouped rows.
 */
export class SectionLabels {
  readonly #columns: readonly string[]
  readonly #grouping: ReadonlySet<string>
  readonly #labels = new Map<string, { readonly row: number; readonly text: string } | null>()

  /**
   * @param columns all columns, in the order of the table
   * @param used those that mean something
   * @param user the column of the user; null if the columns have no order, so that a label holds only for its own row
   */
  constructor(columns: readonly string[], used: readonly string[], user: string | null) {
    this.#columns = columns.filter((column) => !used.includes(column))
    const before = user === null ? [] : columns.slice(0, Math.max(0, columns.indexOf(user)))
    this.#grouping = new Set(this.#columns.filter((column) => before.includes(column)))
  }

  /** The row as it is, or as a bad one if a label spares it. */
  judge(row: InputRow, { cells }: RawRecord): InputRow {
    let found: { readonly column: string; readonly row: number; readonly text: string } | null = null
    for (const column of this.#columns) {
      const cell = cells.get(column)
      const text = typeof cell === 'string' ? trimInvisible(textInFormula(cell)) : ''
      if (text !== '' || !this.#grouping.has(column)) {
        const isSparing = text.length > 0 && text.length <= longestLabel && sparing.test(text)
        this.#labels.set(column, isSparing ? { row: row.row, text } : null)
      }
      const label = this.#labels.get(column) ?? null
      if (label !== null) found ??= { column, ...label }
    }
    if (found === null || row.kind !== 'valid') return row
    const where = found.row === row.row ? '' : ` in row ${found.row}, above it`
    const message = `the column ${shownUnlessSecret(found.column)} says ${shown(found.text)}${where}; remove the row, or that text`
    return asBadRow(row, found.column, message)
  }
}
