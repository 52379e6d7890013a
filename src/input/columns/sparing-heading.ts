import { shown } from '../../messages/shown.ts'
import type { Action } from '../../okta/actions.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { trimInvisible } from '../key/trim.ts'
import type { InputRow, InvalidRow, RawRecord, ValidRow } from '../row.ts'
import { namesSomebody } from './other-header.ts'

/** Words of a heading above people who are not meant: `Staying - do not touch`, `Exceptions`, `Bleiben`. */
const sparing = new RegExp(
  [
    String.raw`\b(do(es)? not|don['’]?t|never|not (to be )?(leav|deactivat|suspend|terminat|touch|remov|disabl|offboard)\w*)\b`,
    String.raw`\b(stay|remain|keep|retain|exclu|except|exempt|ignor|skip|spare|cancel|rescind|withdr[ae]w|postpone)\w*`,
    String.raw`\b(on hold|still (active|employed|here|working))\b`,
    String.raw`\b(nicht|bleib\w*|behalten|ausnahme\w*|ne pas|rest(e|ent|ant)s?|garder|conserver|no (tocar|desactivar|suspender)|quedan|mantener|excepto)\b`,
  ].join('|'),
  'iu',
)

/** Words of a heading above people who come, where the file is of those who go. */
const coming =
  /\b(new ?hires?|hires?|rehires?|joiners?|joining|(new )?starters?|onboard\w*|transfers?|movers?|promotions?|on leave|return(ing|ers?)|neueinstellungen?|neuzugänge|zugänge|eintritte|versetzungen|nouveaux|arrivées?|embauches?|mutations|altas|ingresos|traslados)\b/iu

/** Words of a heading above people who go, where the file is of those who come. */
const going =
  /\b(leavers?|leaving|terminat\w*|offboard\w*|departures?|departing|resign\w*|dismiss\w*|austritte|abgänge|kündigungen|départs?|sorties|bajas|salidas)\b/iu

/** Where actions lead people: `out` of their accounts, `in`, or neither. */
function directionOf(actions: readonly Action[]): 'out' | 'in' | null {
  if (actions.some((action) => action === 'suspend' || action === 'deactivate')) return 'out'
  return actions.some((action) => action !== 'reset_factors' && action !== 'unlock') ? 'in' : null
}

/** As long as headings are. A longer text is a note about the whole list. */
const longestHeading = 120

/**
 * Watches for a heading that says of the people below it that they are not meant. The heading is a bad row by itself;
 * without this, skipping bad rows would skip it alone, and do to those people just what it forbids. The next heading
 * ends it.
 */
export class SparingHeading {
  #heading: { readonly row: number; readonly text: string } | null = null
  readonly #others: RegExp | null

  /** @param actions what is done with every row; empty where each row says so itself */
  constructor(actions: readonly Action[]) {
    const direction = directionOf(actions)
    this.#others = direction === null ? null : direction === 'out' ? coming : going
  }

  /** The row as it is, or as a bad one if it stands under such a heading. */
  judge(row: InputRow, { cells }: RawRecord): InputRow {
    if (!namesSomebody(row)) {
      const text = headingIn(cells)
      if (text === null) return row
      this.#heading = this.#isSparing(text) ? { row: row.row, text } : null
      // It may look like a short name.
      if (this.#heading === null || row.kind !== 'valid') return row
      return bad(row, `the row is a heading, ${shown(text)}, and names nobody`)
    }
    if (this.#heading === null || row.kind !== 'valid') return row
    const { row: at, text } = this.#heading
    const message = `the row stands under the heading ${shown(text)} in row ${at}, which may say that its people are not meant; give those who are meant in a file of their own`
    return bad(row, message)
  }

  #isSparing(text: string): boolean {
    return sparing.test(text) || this.#others?.test(text) === true
  }
}

function bad({ row, line, user, actions, cells }: ValidRow, message: string): InvalidRow {
  const problems = [{ column: null, message }]
  return { kind: 'invalid', row, line, user, action: actions[0] ?? '', problems, cells, raw: null }
}

/** The text of a row with one text alone; null if it has more, or none. */
function headingIn(cells: RawRecord['cells']): string | null {
  const filled = [...cells.values()].filter((cell) => cell !== '' && cell !== null)
  const [only] = filled
  if (filled.length !== 1 || typeof only !== 'string') return null
  const text = trimInvisible(textInFormula(only))
  return text.length > 0 && text.length <= longestHeading ? text : null
}
