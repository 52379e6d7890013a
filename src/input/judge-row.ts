import { shown } from '../messages/shown.ts'
import { type Action, actionNames, parseAction } from '../okta/actions.ts'
import type { ColumnMapping } from './column-mapping.ts'
import { textInFormula } from './csv/text-formula.ts'
import { trimInvisible } from './key/trim.ts'
import { checkUserKey, type UserKeyCheck } from './key/user-key.ts'
import type { Cell, InputFormat, InputRow, RawRecord, RowProblem } from './row.ts'
import { checkSendEmail } from './send-email.ts'

/** What rows are to be judged by. */
export interface RowSettings {
  readonly format: InputFormat
  /** For rows that name no action; null where none is given. */
  readonly action: Action | null
  /** The actions of every row, which may then name none itself; null where the job gives none. */
  readonly steps: readonly Action[] | null
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : String(cell ?? '')
}

function kindOf(cell: Cell): string {
  if (Array.isArray(cell)) return 'an array'
  return typeof cell === 'object' ? 'an object' : `the ${typeof cell} ${textOf(cell)}`
}

function isText(cell: Cell | undefined): cell is string | null | undefined {
  return cell === undefined || cell === null || typeof cell === 'string'
}

function judgeUser(cell: Cell | undefined): UserKeyCheck {
  if (isText(cell)) return checkUserKey(textInFormula(cell ?? ''))
  return { problem: `the user is ${kindOf(cell)}; a text was expected, an id or a login` }
}

type ActionsCheck = { readonly actions: readonly Action[] } | { readonly problem: string }

function judgeActions(cell: Cell | undefined, settings: RowSettings): ActionsCheck {
  const seven = actionNames.join(', ')
  if (!isText(cell)) return { problem: `the action is ${kindOf(cell)}; one of ${seven} was expected` }
  const text = trimInvisible(textInFormula(cell ?? ''))
  if (text !== '') {
    if (settings.steps !== null)
      return {
        problem: `the row names the action ${shown(text)}, but the job gives steps; an empty action was expected`,
      }
    const action = parseAction(text)
    return action === null
      ? { problem: `the action ${shown(text)} is unknown; one of ${seven} was expected` }
      : { actions: [action] }
  }
  if (settings.steps !== null) return { actions: settings.steps }
  if (settings.action !== null) return { actions: [settings.action] }
  return { problem: `the row names no action, and neither does the job; one of ${seven} was expected` }
}

/** Judges one record: a row that can be acted on, or one that cannot, with all that is wrong with it. */
export function judgeRow(record: RawRecord, mapping: ColumnMapping, settings: RowSettings): InputRow {
  const { row, cells } = record
  // In a record with a wrong number of cells, a cell may stand under another column's name.
  if (record.problems.some(({ column }) => column === null))
    return { kind: 'invalid', row, user: '', action: '', problems: record.problems, cells }
  const userCell = cells.get(mapping.user)
  const actionCell = mapping.action === null ? undefined : cells.get(mapping.action)
  const user = judgeUser(userCell)
  const actions = judgeActions(actionCell, settings)
  const sendEmail = checkSendEmail(mapping.sendEmail === null ? undefined : cells.get(mapping.sendEmail))
  const problems: RowProblem[] = [...record.problems]
  if ('problem' in user) problems.push({ column: mapping.user, message: user.problem })
  if ('problem' in actions) problems.push({ column: mapping.action, message: actions.problem })
  if ('problem' in sendEmail) problems.push({ column: mapping.sendEmail, message: sendEmail.problem })
  if (problems.length > 0 || 'problem' in user || 'problem' in actions || 'problem' in sendEmail)
    return { kind: 'invalid', row, user: textOf(userCell), action: textOf(actionCell), problems, cells }
  return {
    kind: 'valid',
    row,
    user: user.key,
    actions: actions.actions,
    sendEmail: sendEmail.sendEmail,
    cells,
  }
}
