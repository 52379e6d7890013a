import { shown } from '../../messages/shown.ts'
import type { Action } from '../../okta/actions.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { trimInvisible } from '../key/trim.ts'
import { checkUserKey } from '../key/user-key.ts'
import { asBadRow, type InputRow, type RawRecord } from '../row.ts'
import { isWhyColumn } from './column-names.ts'
import { namesSomebody } from './other-header.ts'

/**
 * Words of a heading above people whom the action must leave alone: `Staying - do not touch`, `Exceptions`, `Bleiben`.
 */
const sparing = new RegExp(
  [
    String.raw`\b(do(es)? not|don['’]?t|never|not (to be )?(leav|deactivat|suspend|terminat|touch|remov|disabl|offboard)\w*)\b`,
    String.raw`\b(stay|remain|keep|retain|exclu|except|exempt|ignor|skip|spare|cancel|rescind|retract|withdr[ae]w|postpone|extend|prolong)\w*`,
    String.raw`\b(on hold|still (active|employed|here|working)|removed from)\b`,
    String.raw`\b(nicht|bleib\w*|behalten|ausnahme\w*|ne pas|rest(e|ent|ant)s?|garder|conserver|no (tocar|desactivar|suspender)|quedan|mantener|excepto|verlängert)\b`,
  ].join('|'),
  'iu',
)

/** Whether words say that the action must leave people alone. */
export function saysSpared(words: string): boolean {
  return sparing.test(words)
}

/** Words of a heading above people who join, in a file of people who leave. */
const coming =
  /\b(new ?hires?|hires?|rehires?|joiners?|joining|(new )?starters?|onboard\w*|transfers?|movers?|promotions?|on leave|return(ing|ers?)|neueinstellungen?|neuzugänge|zugänge|eintritte|versetzungen|nouveaux|arrivées?|embauches?|mutations|altas|ingresos|traslados)\b/iu

/** Words of a heading above people who leave, in a file of people who join. */
const going =
  /\b(leavers?|leaving|terminat\w*|offboard\w*|departures?|departing|resign\w*|dismiss\w*|austritte|abgänge|kündigungen|départs?|sorties|bajas|salidas)\b/iu

/**
 * Whether actions lead people `out` of their accounts or `in`; null if rows may differ. Loss of access or factors
 * counts as out.
 */
function directionOf(actions: readonly Action[]): 'out' | 'in' | null {
  if (actions.length === 0) return null
  const isOut = (action: Action): boolean =>
    action === 'suspend' || action === 'deactivate' || action === 'reset_factors'
  return actions.some(isOut) ? 'out' : 'in'
}

/** How long a heading can be. A longer text is a note about the whole list. */
const longestHeading = 400

/**
 * Watches for a heading that says that the action must leave the people below it alone. The heading itself is a bad
 * row. Without this class, skipping bad rows would skip only the heading, and do to those people just what it forbids.
 * Its effect ends only at a heading that says whom to act on, since departments and remarks may come below it.
 */
export class SparingHeading {
  #heading: { readonly row: number; readonly text: string } | null = null
  readonly #others: RegExp | null
  readonly #meant: readonly RegExp[]

  /** @param actions what is done with every row; empty if each row says so itself */
  constructor(actions: readonly Action[]) {
    const direction = directionOf(actions)
    this.#others = direction === null ? null : direction === 'out' ? coming : going
    this.#meant = direction === null ? [coming, going] : [direction === 'out' ? going : coming]
  }

  /** The row as it is, or as a bad one if it is under such a heading. */
  judge(row: InputRow, record: RawRecord): InputRow {
    if (mayBeHeading(row)) {
      const text = headingIn(record)
      if (text === null) return row
      if (!this.#isSparing(text)) {
        if (this.#meant.some((words) => words.test(text))) this.#heading = null
        return row
      }
      this.#heading = { row: row.row, text }
      // A heading may look like a short name.
      if (row.kind !== 'valid') return row
      return asBadRow(row, null, `the row is a heading, ${shown(text)}, and names nobody`)
    }
    if (this.#heading === null || row.kind !== 'valid') return row
    const { row: at, text } = this.#heading
    const message = `the row is under the heading ${shown(text)} in row ${at}, which may say that the people under it must be left alone; put those to act on in a file of their own`
    return asBadRow(row, null, message)
  }

  #isSparing(text: string): boolean {
    return sparing.test(text) || this.#others?.test(text) === true
  }
}

/** A heading may name whom to ask: only a row whose user is one address, or an id, names somebody. */
function mayBeHeading(row: InputRow): boolean {
  if (row.kind === 'valid' || !row.user.includes('@')) return !namesSomebody(row)
  const check = checkUserKey(row.user)
  return !('key' in check && check.kind === 'address')
}

/**
 * The text of a row without a user that may be a heading: the first with a letter, addresses left out; null if there is
 * none. Other cells may hold a number, a month or the heading again. An element of JSON that is not an object is its
 * own text.
 */
function headingIn({ cells, raw }: RawRecord): string | null {
  const own = [...cells].flatMap(([column, cell]) =>
    typeof cell === 'string' && !isWhyColumn(column) ? [cell] : [],
  )
  const texts = (own.length > 0 ? own : (raw ?? []).filter((one) => !one.trimStart().startsWith('{'))).map(
    (text) => trimInvisible(textInFormula(text)).replaceAll(/\S*@\S+/g, ' '),
  )
  const first = texts.find((text) => /\p{L}/u.test(text))
  return first !== undefined && first.length <= longestHeading ? first : null
}
