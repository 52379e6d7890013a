import { counted } from '../../messages/counted.ts'
import { shown, shownUnlessSecret } from '../../messages/shown.ts'
import { parseAction } from '../../okta/actions.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { readDue } from '../due/read-due.ts'
import { trimInvisible } from '../key/trim.ts'
import type { Cell } from '../row.ts'
import { plainName, sendEmailNames } from './column-names.ts'

/** A warning about a column that may say that not everybody in the file is to be acted on. */
export interface ColumnWarning {
  readonly column: string
  readonly message: string
}

/** Words, other than the seven actions, that HR systems and people use for what is to be done. */
const actionWords: ReadonlySet<string> = new Set(
  `activation deactivation suspension termination terminate transfer disable enable delete remove revoke hire rehire
  leave offboard offboarding onboard onboarding keep skip ignore cancel cancelled canceled rescinded rescind postponed
  withdrawn extend extended reset resetmfa lock block unblock newhire joiner mover eintritt austritt kuendigung`.split(
    /\s+/,
  ),
)

const statusWords: ReadonlySet<string> = new Set(
  `active inactive terminated suspended deactivated deprovisioned staged provisioned pending enabled disabled lockedout
  employed hired rehired resigned retired left leaver onleave leaveofabsence fulltime parttime contractor temporary
  current former blocked archived aktiv inaktiv actif inactif activo inactivo attivo inattivo actief inactief ativo
  inativo rejected retained stays staying aktif pasif activeemployee inactiveemployee aktywny nieaktywny 在籍 在職 退職 在职 离职 재직 퇴직`.split(
    /\s+/,
  ),
)

/** After this many different cells without a finding, a column counts as names or numbers. */
const mostDifferent = 200

/** How deep objects are searched, and how many names of values inside them are checked. */
const deepest = 4
const mostInside = 200

const hours = 3_600_000
/** Days from day 0 of Excel's count to 1970. */
const daysTo1970 = 25_569

type Kind = 'action' | 'status' | 'ahead' | 'date' | 'nothing'

/** A cell that marks its row and says nothing else. */
const mark = /^(x|y|yes|ja|oui|si|sí|true|wahr|vrai|1|✓|✔|☑)$/i

interface Found {
  count: number
  example: string
}

/** Names of columns in which a yes, a no or a tick says whom to act on. */
const answersWho =
  /enabled|active|stay|bleib|exempt|retain|aktiv|actif|activo|terminat|leav|offboard|suspend|disable|remove|delet|revoke|includ|exclud|skip|keep|process|approved|austritt|kuendig|kündig|cancel|rescind|withdr[ae]w|retract|revers|\bvoid|postpon|declin|reject|hold$|rehir|ignor|duplicate|^left|needed|required|storn|zurueck|zurück|annul/

/** One column that is not used: what its cells look like. */
class UnusedColumn {
  readonly #kinds = new Map<string, Kind>()
  readonly #found = new Map<Kind, Found>()
  /** Cells that mark their row, and cells with anything else. */
  readonly #marks: Found = { count: 0, example: '' }
  #others = 0
  #differentNothings = 0
  readonly #holdsDates: boolean
  readonly #holdsAnswers: boolean
  #isClosed = false

  constructor(column: string) {
    const name = plainName(column)
    this.#holdsDates = /date|day|datum|tag$|until|end$/.test(name)
    this.#holdsAnswers = answersWho.test(name)
  }

  add(cell: Cell | undefined, now: number): void {
    if (typeof cell === 'boolean') this.add(String(cell), now)
    if (typeof cell !== 'string' || cell === '') return
    if (this.#others === 0) this.#countMark(cell.trim())
    if (this.#isClosed || cell.length > 40) return
    const known = this.#kinds.get(cell)
    const kind = known ?? this.#byName(cell.trim(), now) ?? kindOf(cell, now)
    if (kind === 'nothing') {
      if (known === undefined) this.#differentNothings += 1
      this.#isClosed = this.#differentNothings > mostDifferent && this.#found.size === 0
      if (this.#isClosed) this.#kinds.clear()
      else if (this.#kinds.size < 10 * mostDifferent) this.#kinds.set(cell, kind)
      return
    }
    const found = this.#found.get(kind)
    if (found === undefined) this.#found.set(kind, { count: 1, example: cell })
    else found.count += 1
    if (this.#kinds.size < 10 * mostDifferent) this.#kinds.set(cell, kind)
  }

  #countMark(text: string): void {
    if (text === '') return
    if (text.length > 5 || !mark.test(text)) {
      this.#others += 1
      return
    }
    this.#marks.count += 1
    this.#marks.example ||= text
  }

  /**
   * The kind of a cell that only the column's name shows: a date as a spreadsheet's count of days, or a yes or no that
   * is a status.
   */
  #byName(text: string, now: number): Kind | null {
    if (this.#holdsDates && /^\d{5}$/.test(text)) {
      const time = (Number(text) - daysTo1970) * 24 * hours
      return time > now ? 'ahead' : 'date'
    }
    return this.#holdsAnswers &&
      /^(true|false|wahr|falsch|vrai|faux|yes|no|ja|nein|oui|non|si|sí|y|n|x|1|0|✓|✔|☑)$/i.test(text)
      ? 'status'
      : null
  }

  /** @param rows how many the whole input has */
  warning(column: string, rows: number): ColumnWarning | null {
    const say = (found: Found | undefined, what: string, advice: string): ColumnWarning | null => {
      if (found === undefined) return null
      const held = `${what} in ${counted(found.count, 'row')}, such as ${shown(found.example.trim())}`
      return {
        column,
        message: `The column ${shownUnlessSecret(column)} is not used, but contains ${held}. ${advice}`,
      }
    }
    const where = 'To act on only some of these people, choose them with input.where in a job file.'
    const { action, ahead, status } = Object.fromEntries(this.#found)
    const isMarked = this.#marks.count > 0 && this.#others === 0 && this.#marks.count < rows
    return (
      say(action, 'an action', 'If it says what to do, name it with --action-column.') ??
      say(ahead, 'a date in the future', 'To wait for such dates, use input.due in a job file.') ??
      say(status, 'a status', where) ??
      say(isMarked ? this.#marks : undefined, 'a mark that the other rows lack', where)
    )
  }
}

function kindOf(cell: string, now: number): Kind {
  const text = trimInvisible(textInFormula(cell))
  const word = plainName(text)
  if (actionWords.has(word) || parseAction(text) !== null) return 'action'
  if (statusWords.has(word)) return 'status'
  const times = momentsOf(text)
  if (times.length === 0) return 'nothing'
  return times.some((time) => time > now) ? 'ahead' : 'date'
}

const formats = [
  null,
  'yyyy/M/d',
  'yyyy.M.d',
  'yyyy年M月d日',
  'd-MMM-yy',
  'd.M.yy',
  'd/M/yy',
  'M/d/yy',
  'd.M.yyyy',
  'd/M/yyyy',
  'M/d/yyyy',
  'd-M-yyyy',
  'd-MMM-yyyy',
  'd MMM yyyy',
  'MMM d, yyyy',
  'd. MMMM yyyy',
  'd MMMM yyyy',
  'MMMM d, yyyy',
]

/** Two numbers with little between them, or eight digits. */
const mayBeDate = /^\D{0,12}\d{1,4}[^\d:]{1,12}\d{1,4}|^\d{8}$/u

/** The moments that a date may mean. A false warning is better than a missed one, so every reading counts. */
function momentsOf(text: string): number[] {
  if (!mayBeDate.test(text)) return []
  const day = text.replace(/[T ]\d{1,2}:\d{2}.*$/, '')
  return formats.flatMap((format) => {
    const check = readDue(day, '', { at: null, timeZone: 'UTC', format })
    // A day that has begun anywhere on Earth does not count as ahead.
    return 'due' in check ? [check.due - 14 * hours] : []
  })
}

/** Looks for unused columns that may matter after all. */
export class UnusedColumns {
  readonly #columns: ReadonlyMap<string, UnusedColumn>
  readonly #inside = new Map<string, UnusedColumn>()
  readonly #used: ReadonlySet<string>
  readonly #now: number
  #rows = 0

  /**
   * @param columns all columns except those that are used as a whole
   * @param used the names of what is used, including values inside objects
   * @param now milliseconds since 1970
   */
  constructor(columns: readonly string[], used: readonly string[], now: number) {
    this.#used = new Set(used)
    this.#columns = new Map(columns.map((column) => [column, new UnusedColumn(column)]))
    this.#now = now
  }

  add(cells: ReadonlyMap<string, Cell>): void {
    this.#rows += 1
    for (const [name, column] of this.#columns) {
      const cell = cells.get(name)
      if (Array.isArray(cell)) for (const one of cell as Cell[]) column.add(one, this.#now)
      else if (typeof cell === 'object' && cell !== null) this.#addInside(name, cell, 1)
      else column.add(cell, this.#now)
    }
  }

  /** The values inside objects, under their dotted names: `employment.status`. */
  #addInside(prefix: string, value: object, depth: number): void {
    if (Array.isArray(value) || depth > deepest) return
    for (const [key, inner] of Object.entries(value) as [string, Cell][]) {
      const name = `${prefix}.${key}`
      if (typeof inner === 'object' && inner !== null) this.#addInside(name, inner, depth + 1)
      else this.#columnInside(name)?.add(inner, this.#now)
    }
  }

  #columnInside(name: string): UnusedColumn | undefined {
    const known = this.#inside.get(name)
    if (known !== undefined || this.#used.has(name) || this.#inside.size >= mostInside) return known
    const column = new UnusedColumn(name)
    this.#inside.set(name, column)
    return column
  }

  warnings(): readonly ColumnWarning[] {
    return [...this.#columns, ...this.#inside].flatMap(([name, column]) => {
      const warning = column.warning(name, this.#rows) ?? warningOfName(name)
      return warning === null ? [] : [warning]
    })
  }
}

/** A warning about a column whose name sounds as if it said whether mails are sent, but is not a known name. */
function warningOfName(column: string): ColumnWarning | null {
  const name = plainName(column)
  if (
    sendEmailNames.includes(name) ||
    !/^(notify|sendmail|sendemails|sendnotification|notification)/.test(name)
  )
    return null
  const message = `The column ${shownUnlessSecret(column)} is not used. If it says whether Okta sends mail, rename it to send_email.`
  return { column, message }
}
