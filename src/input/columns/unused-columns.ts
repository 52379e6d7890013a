import { shown } from '../../messages/shown.ts'
import { parseAction } from '../../okta/actions.ts'
import { textInFormula } from '../csv/text-formula.ts'
import { readDue } from '../due/read-due.ts'
import { trimInvisible } from '../key/trim.ts'
import type { Cell } from '../row.ts'
import { plainName, sendEmailNames } from './column-names.ts'

/** A column that is not used and may say that not everybody in the file is meant. */
export interface ColumnWarning {
  readonly column: string
  readonly message: string
}

/** Other words than the seven actions that HR systems and people use for what is to be done. */
const actionWords: ReadonlySet<string> = new Set(
  `activation deactivation suspension termination terminate transfer disable enable delete remove revoke hire rehire
  leave offboard offboarding onboard onboarding keep skip ignore cancel cancelled canceled rescinded rescind postponed
  withdrawn extend extended reset resetmfa lock block unblock`.split(/\s+/),
)

const statusWords: ReadonlySet<string> = new Set(
  `active inactive terminated suspended deactivated deprovisioned staged provisioned pending enabled disabled lockedout
  employed hired rehired resigned retired left leaver onleave leaveofabsence fulltime parttime contractor temporary
  current former blocked archived aktiv inaktiv actif inactif activo inactivo`.split(/\s+/),
)

/** After so many different cells without a finding, a column counts as names or numbers. */
const mostDifferent = 200

const hours = 3_600_000

type Kind = 'action' | 'status' | 'ahead' | 'date' | 'nothing'

interface Found {
  count: number
  example: string
}

/** One column that is not used: what its cells look like. */
class UnusedColumn {
  readonly #kinds = new Map<string, Kind>()
  readonly #found = new Map<Kind, Found>()
  #differentNothings = 0
  #isClosed = false

  add(cell: Cell | undefined, now: number): void {
    if (this.#isClosed || typeof cell !== 'string' || cell === '' || cell.length > 40) return
    const known = this.#kinds.get(cell)
    const kind = known ?? kindOf(cell, now)
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

  warning(column: string): ColumnWarning | null {
    const say = (kind: Kind, what: string, advice: string): ColumnWarning | null => {
      const found = this.#found.get(kind)
      if (found === undefined) return null
      const rows = found.count === 1 ? '1 row' : `${found.count} rows`
      const message = `The column ${shown(column)} is not used, but holds ${what} in ${rows}, such as ${shown(found.example.trim())}. ${advice}`
      return { column, message }
    }
    const where = 'If only some of these people are meant, choose them with input.where in a job file.'
    return (
      say('action', 'an action', 'If it says what to do, name it: --action-column.') ??
      say('ahead', 'a date that lies ahead', 'To wait for such days, use input.due in a job file.') ??
      say('status', 'a status', where)
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
  'd.M.yyyy',
  'd/M/yyyy',
  'M/d/yyyy',
  'd-M-yyyy',
  'd-MMM-yyyy',
  'd MMM yyyy',
  'MMM d, yyyy',
]

/** The moments that a date may mean. A false warning is better than a missed one, so every reading counts. */
function momentsOf(text: string): number[] {
  if (!/\d{4}/.test(text) || text.length < 8) return []
  const day = text.replace(/[T ]\d{1,2}:\d{2}.*$/, '')
  return formats.flatMap((format) => {
    const check = readDue(day, '', { at: null, timeZone: 'UTC', format })
    // A day that has begun anywhere is not ahead there.
    return 'due' in check ? [check.due - 14 * hours] : []
  })
}

/** Looks for unused columns that may matter after all. */
export class UnusedColumns {
  readonly #columns: ReadonlyMap<string, UnusedColumn>
  readonly #now: number

  /** @param now milliseconds since 1970 */
  constructor(columns: readonly string[], now: number) {
    this.#columns = new Map(columns.map((column) => [column, new UnusedColumn()]))
    this.#now = now
  }

  add(cells: ReadonlyMap<string, Cell>): void {
    for (const [name, column] of this.#columns) column.add(cells.get(name), this.#now)
  }

  warnings(): readonly ColumnWarning[] {
    return [...this.#columns].flatMap(([name, column]) => {
      const warning = column.warning(name) ?? warningOfName(name)
      return warning === null ? [] : [warning]
    })
  }
}

/** A column that sounds as if it said whether mails go out, under a name that is not known. */
function warningOfName(column: string): ColumnWarning | null {
  const name = plainName(column)
  if (
    sendEmailNames.includes(name) ||
    !/^(notify|sendmail|sendemails|sendnotification|notification)/.test(name)
  )
    return null
  const message = `The column ${shown(column)} is not used. If it says whether Okta sends mail, rename it to send_email.`
  return { column, message }
}
