import { shown } from '../messages/shown.ts'
import { textInFormula } from './csv/text-formula.ts'
import { trimInvisible } from './key/trim.ts'
import type { Cell } from './row.ts'

/** What a `send_email` cell says (null: nothing), or what is wrong with it. */
export type SendEmailCheck = { readonly sendEmail: boolean | null } | { readonly problem: string }

/** In lower case. The last ones are what spreadsheets make of true and false in other languages. */
const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['', null],
  ['true', true],
  ['yes', true],
  ['y', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['n', false],
  ['0', false],
  ['wahr', true],
  ['falsch', false],
  ['vrai', true],
  ['faux', false],
  ['verdadero', true],
  ['verdadeiro', true],
  ['vero', true],
  ['falso', false],
  ['waar', true],
  ['onwaar', false],
])

/**
 * Reads a `send_email` cell: true, yes, y, 1 or false, no, n, 0 in any letter case, what a spreadsheet writes for true
 * and false in German, French, Spanish, Portuguese, Italian and Dutch, or a JSON boolean. Empty, JSON null and a
 * missing cell say nothing.
 */
export function checkSendEmail(cell: Cell | undefined): SendEmailCheck {
  const text = typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell ?? '')
  const sendEmail = words.get(trimInvisible(textInFormula(text)).toLowerCase())
  if (sendEmail !== undefined) return { sendEmail }
  return { problem: `send_email is ${shown(text)}; true, false or nothing was expected` }
}
