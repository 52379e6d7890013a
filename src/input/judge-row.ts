import { shown, shownUnlessSecret } from '../messages/shown.ts'
import { type Action, actionNames, parseAction } from '../okta/actions.ts'
import { type ColumnMapping, isUserColumnName } from './column-mapping.ts'
import { candidates, plainName } from './columns/column-names.ts'
import { columnsBeside } from './columns/columns-beside.ts'
import { findSwallowedRow } from './csv/swallowed-rows.ts'
import { textInFormula } from './csv/text-formula.ts'
import { unmarkDateCell } from './due/date-cell.ts'
import { createDueReader, type DueFormat } from './due/read-due.ts'
import { listOfUsers } from './json/envelope.ts'
import { cellAt, isAmbiguous } from './json/nested.ts'
import { trimInvisible } from './key/trim.ts'
import { checkUserKey, type UserKeyCheck } from './key/user-key.ts'
import { createMarkCheck } from './not-read-mark.ts'
import { kindOf, plainText, textOf } from './plain-text.ts'
import type { Cell, InputFormat, InputRow, InvalidRow, RawRecord, RowProblem, ValidRow } from './row.ts'
import { checkSendEmail } from './send-email.ts'
import { createWhereCheck } from './where-conditions.ts'

/** When rows are due, as the job says. */
export interface DueRule extends DueFormat {
  readonly column: string
  readonly timeZoneColumn: string | null
}

/** How rows are judged. */
export interface RowSettings {
  readonly format: InputFormat
  /** For rows that name no action; null if none is given. */
  readonly action: Action | null
  /** The actions of every row; a row must then not name one itself. Null if the job gives none. */
  readonly steps: readonly Action[] | null
  /** The wanted cells of each column, in any letter case. Rows with other cells are not selected. */
  readonly where?: Readonly<Record<string, readonly string[]>> | null
  readonly due?: DueRule | null
  /** Whether only ids are accepted, because users are not read and nobody would see whom a login means. */
  readonly idsOnly?: boolean
  /** The column with the login that each user must have in Okta. */
  readonly checkLogin?: string | null
  /** Whether short names may name users; false if left out. */
  readonly shortNames?: boolean
}

/** The columns that the settings name, besides those of the user, the action and `send_email`. */
export function columnsOfSettings({ where, due, checkLogin }: RowSettings): readonly string[] {
  const named = [...Object.keys(where ?? {}), due?.column, due?.timeZoneColumn, checkLogin]
  return named.filter((column) => typeof column === 'string')
}

/** The column that says when a row is due, as the input writes its name; null if the job names none. */
export function dueColumnOf({ columns }: ColumnMapping, { due }: Pick<RowSettings, 'due'>): string | null {
  return due == null ? null : (candidates(columns, due.column, [])[0] ?? due.column)
}

/** Judges one record: a row that can be acted on, or one that can't, with all that is wrong with it. */
export type RowJudge = (record: RawRecord) => InputRow

function isText(cell: Cell | undefined): cell is string | null | undefined {
  return cell === undefined || cell === null || typeof cell === 'string'
}

function notAnAddress(key: string): string {
  return `the user ${shown(key)} has no @, and most users of the column have one; an id or a login was expected`
}

/** Turns a row with a short name, in a column of addresses, into a bad row. */
export function asInvalid({ row, line, user, cells }: ValidRow, column: string): InvalidRow {
  const problems = [{ column, message: notAnAddress(user) }]
  return { kind: 'invalid', row, line, user, action: '', problems, cells, raw: null }
}

/**
 * The problem of a key that is not a text; null if it is one. Such a key may have lost its zeros or become a date. In a
 * CSV it would look like a text that somebody typed, so the row is not offered again as it is.
 */
function notText(
  { inSheet, longNumbers }: RawRecord,
  column: string,
  cell: Cell | undefined,
): RowProblem | null {
  const ofJson = isText(cell) ? null : kindOf(cell)
  const ofNumber = longNumbers?.has(column) === true ? `the number ${textOf(cell)}` : null
  const found = inSheet?.notText(column) ?? ofJson ?? ofNumber
  if (found === null) return null
  return {
    column,
    message: `the user is ${found}; an id or a login, as text, was expected`,
    isUnread: true,
  }
}

function judgeUser(cell: Cell | undefined, mapping: ColumnMapping): UserKeyCheck {
  if (!isText(cell))
    return { problem: `the user is ${kindOf(cell)}; an id or a login, as text, was expected` }
  const text = textInFormula(cell ?? '')
  const check = checkUserKey(text)
  if ('key' in check && check.kind !== 'short_name') return check
  if (text !== '' && (isUserColumnName(text) || plainName(text) === plainName(mapping.user)))
    return { problem: `the user is ${shown(text)}: the row repeats the header` }
  if ('key' in check && mapping.addresses) return { problem: notAnAddress(check.key) }
  return check
}

function withIdsOnly(check: UserKeyCheck, { idsOnly }: RowSettings): UserKeyCheck {
  if (idsOnly !== true || 'problem' in check || check.kind === 'id') return check
  return {
    problem: `the user ${shown(check.key)} is not an Okta id; without reading users (--no-read), only ids are accepted`,
  }
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
      ? { problem: `the action ${shownUnlessSecret(text)} is unknown; one of ${seven} was expected` }
      : { actions: [action] }
  }
  if (settings.steps !== null) return { actions: settings.steps }
  if (settings.action !== null) return { actions: [settings.action] }
  return { problem: `the row names no action, and neither does the job; one of ${seven} was expected` }
}

const none: ReadonlySet<string | null> = new Set()

function unreadColumns({ problems }: RawRecord): ReadonlySet<string | null> {
  if (problems.length === 0) return none
  return new Set(problems.flatMap(({ column, isUnread }) => (isUnread === true ? [column] : [])))
}

const unknown = { user: '', action: '' }

/** A record's own problems and others. In a sheet, each message names the cell that it is about. */
function placed({ problems, inSheet }: RawRecord, others: readonly RowProblem[] = []): readonly RowProblem[] {
  const all = [...problems, ...others]
  if (inSheet === undefined) return all
  return all.map((problem) => {
    const { column, message } = problem
    return column === null ? problem : { ...problem, message: `${inSheet.cellName(column)}: ${message}` }
  })
}

/**
 * Creates the judge of a file's records.
 * @param mapping the file's columns, with what the survey found out about them
 */
export function createRowJudge(mapping: ColumnMapping, settings: RowSettings): RowJudge {
  const named = (column: string): string => candidates(mapping.columns, column, [])[0] ?? column
  const problemOfMark = createMarkCheck(mapping)
  const isJson = settings.format === 'json' || settings.format === 'jsonl'
  // In JSON, even a key such as `column_3` is the file's own name.
  const beside = isJson ? [] : columnsBeside(mapping, columnsOfSettings(settings))
  const unmetCondition = createWhereCheck(settings.where ?? {}, { named, isJson })
  const due = settings.due ?? null
  const dueColumn = dueColumnOf(mapping, settings)
  const zoneColumn = due === null || due.timeZoneColumn === null ? null : named(due.timeZoneColumn)
  const readDue = due === null ? null : createDueReader(due)
  const checkColumn = typeof settings.checkLogin === 'string' ? named(settings.checkLogin) : null

  /**
   * The problem of a text to the right of the table: the row may have a cell too many, so that its cells have wrong
   * names.
   */
  function problemBeside(cells: RawRecord['cells']): RowProblem | null {
    const column = beside.find((name) => plainText(cells.get(name)) !== '')
    if (column === undefined) return null
    const message = `the cell ${shown(plainText(cells.get(column)))} is in a column without a name, to the right of the last one that has a name: the row may have a cell too many. Name that column in the header, or empty the cell`
    return { column: null, message }
  }

  /**
   * The cells, with any mark that `failed.csv` put on the date of a date cell removed, and that date; null if there is
   * none.
   */
  function withDate(record: RawRecord): { cells: RawRecord['cells']; date: string | null } {
    const { cells, inSheet } = record
    if (dueColumn === null) return { cells, date: null }
    if (inSheet?.isDate(dueColumn) === true) return { cells, date: plainText(cells.get(dueColumn)) }
    const date = unmarkDateCell(cells.get(dueColumn))
    return { cells: date === null ? cells : new Map(cells).set(dueColumn, date), date }
  }

  return (record) => {
    const { row, line, raw, inSheet } = record
    const { cells, date } = withDate(record)
    // Without `input.due.format`, all dates are ISO 8601, in date cells and in texts.
    const dateCell =
      date === null || dueColumn === null || due?.format === null ? {} : { dateCell: dueColumn }
    const refused = { row, line, cells, raw, ...dateCell }
    const userCell = cellAt(cells, mapping.user)
    const actionCell = mapping.action === null ? undefined : cellAt(cells, mapping.action)
    const written = { user: textOf(userCell), action: textOf(actionCell) }
    // If the number of cells is wrong, a cell may be under the name of another column.
    if (record.problems.some(({ column }) => column === null))
      return {
        kind: 'invalid',
        ...refused,
        ...(inSheet === undefined ? unknown : written),
        problems: placed(record),
      }
    const mark = problemOfMark(record) ?? problemBeside(cells)
    if (mark !== null) return { kind: 'invalid', ...refused, ...written, problems: [mark] }
    const swallowed =
      settings.format === 'csv' ? findSwallowedRow(cells, mapping.columns, mapping.user) : null
    if (swallowed !== null) {
      const message = `the cell goes on over several lines, and one of them looks like a row of its own, that of ${shown(swallowed.user)}: a quotation mark is missing, or there is one too many`
      return { kind: 'invalid', ...refused, ...written, problems: [{ column: swallowed.column, message }] }
    }
    const unread = unreadColumns(record)
    const unmet = unmetCondition({ ...record, cells })
    if (unmet !== null && unmet.isUnread !== true)
      return { kind: 'not_selected', row, line, cells, ...written, problems: [unmet] }
    const user = withIdsOnly(judgeUser(userCell, mapping), settings)
    const actions = judgeActions(actionCell, settings)
    const list = isJson ? listOfUsers(cells, mapping.user) : null
    const sendEmail = checkSendEmail(mapping.sendEmail === null ? undefined : cells.get(mapping.sendEmail))
    const problems: RowProblem[] = unmet === null ? [] : [unmet]
    if (list !== null)
      problems.push({
        column: list,
        message: `there are other users under ${shown(list)}, besides the user of the record, so it is not clear whom to act on. Keep only the right users, or remove that key`,
        isUnread: true,
      })
    const noText = unread.has(mapping.user) ? null : notText(record, mapping.user, userCell)
    if (noText !== null) problems.push(noText)
    else if (isAmbiguous(cells, mapping.user))
      problems.push({
        column: mapping.user,
        message: `the record has a key ${shownUnlessSecret(mapping.user)} and another value inside its objects under that name, so it is not clear which one counts`,
        isUnread: true,
      })
    else if ('problem' in user) problems.push({ column: mapping.user, message: user.problem })
    if ('problem' in actions) problems.push({ column: mapping.action, message: actions.problem })
    if ('problem' in sendEmail) problems.push({ column: mapping.sendEmail, message: sendEmail.problem })
    let dueAt: number | null = null
    if (readDue !== null && dueColumn !== null) {
      const zone = zoneColumn === null ? '' : plainText(cellAt(cells, zoneColumn))
      const check = readDue(plainText(cellAt(cells, dueColumn)), zone, date !== null)
      if ('problem' in check) problems.push({ column: dueColumn, message: check.problem })
      else dueAt = check.due
    }
    const checkLogin = checkColumn === null ? null : plainText(cellAt(cells, checkColumn))
    if (checkLogin === '')
      problems.push({
        column: checkColumn,
        message: 'the cell is empty; the login that the user must have was expected',
      })
    if (
      record.problems.length + problems.length > 0 ||
      'problem' in user ||
      'problem' in actions ||
      'problem' in sendEmail
    ) {
      const others = problems.filter(({ column }) => !unread.has(column))
      return { kind: 'invalid', ...refused, ...written, problems: placed(record, others) }
    }
    return {
      kind: 'valid',
      row,
      line,
      user: user.key,
      keyKind: user.kind,
      actions: actions.actions,
      sendEmail: sendEmail.sendEmail,
      due: dueAt,
      checkLogin,
      cells,
      ...dateCell,
    }
  }
}
