import { textCell, workbookEntries } from '../support/workbook.ts'
import { zip } from '../support/zip.ts'
import { nextRun, type RowSpec, type Scenario } from './scenario.ts'

/** How a job with a format of its own writes dates. */
export const dueFormat = 'dd.MM.yyyy HH:mm:ss.SSS'

const dayMs = 86_400_000
/** The serial number of 1 January 1970 in the date system of 1900. */
const unixDay = 25_569

/** The name of the input's file. */
export function inputName({ format }: Scenario): string {
  return `input.${format}`
}

/** The bytes of the input. */
export function inputOf(scenario: Scenario): Buffer {
  return scenario.format === 'csv' ? csvOf(scenario) : workbookOf(scenario)
}

/** The name of the next run's input. */
export const nextInputName = 'next.csv'

/** The input of the run that begins beside others: rows that anybody may act on. */
export function nextInputOf(scenario: Scenario): Buffer {
  const rows: RowSpec[] = nextRun.users.map(({ id, login }, index) => ({
    ref: `next${index}`,
    user: id,
    id,
    action: 'suspend',
    bad: null,
    isNobody: false,
    selected: true,
    dueMs: 0,
    sendEmail: null,
    login,
  }))
  return csvOf({ ...scenario, rows })
}

/** The runs into which an input is divided in a store, and the names of their inputs' files. */
export function partsOf(
  scenario: Scenario,
): readonly { readonly runId: string; readonly name: string; readonly bytes: Buffer }[] {
  const ids = [...new Set(scenario.rows.map(({ id }) => id))]
  const count = Math.min(scenario.store?.parts ?? 1, ids.length)
  return Array.from({ length: count }, (_, part) => {
    const rows = scenario.rows.filter(({ id }) => ids.indexOf(id) % count === part)
    return { runId: `r${part + 1}`, name: `part${part + 1}.csv`, bytes: csvOf({ ...scenario, rows }) }
  })
}

/** The names of the input's columns. */
export function headerOf({ steps, rules }: Scenario): string[] {
  return [
    'ref',
    'user',
    ...(steps === null ? ['action'] : []),
    ...(rules.where ? ['wanted'] : []),
    ...(rules.due ? ['last_day'] : []),
    ...(rules.check ? ['expected'] : []),
    ...(rules.mail ? ['send_email'] : []),
  ]
}

/** The cells of a row; a date as milliseconds since 1970. */
function cellsOf(
  { ref, user, action, selected, dueMs, login, sendEmail }: RowSpec,
  { steps, rules, orgClockMs }: Scenario,
): (string | number)[] {
  return [
    ref,
    user,
    ...(steps === null ? [action] : []),
    ...(rules.where ? [selected ? 'yes' : 'no'] : []),
    ...(rules.due && dueMs !== null ? [orgClockMs + dueMs] : []),
    ...(rules.check ? [login] : []),
    ...(rules.mail ? [sendEmail === null ? '' : String(sendEmail)] : []),
  ]
}

/** A date as the job reads texts. */
function dateText(moment: number, { ownDates }: Scenario): string {
  const iso = new Date(moment).toISOString()
  if (!ownDates) return iso
  return `${iso.slice(8, 10)}.${iso.slice(5, 7)}.${iso.slice(0, 4)} ${iso.slice(11, 23)}`
}

function csvOf(scenario: Scenario): Buffer {
  const lines = scenario.rows.map((row) => {
    const texts = cellsOf(row, scenario).map((cell) =>
      typeof cell === 'number' ? dateText(cell, scenario) : cell,
    )
    return row.bad === 'cells' ? [...texts, 'too', 'many'] : texts
  })
  return Buffer.from([headerOf(scenario), ...lines].map((cells) => `${cells.join(',')}\n`).join(''))
}

/**
 * A sheet of these rows: every other date is a date cell, or all or none where texts have a format, beside which nobody
 * could trust date cells. A row that nobody can read is hidden. */
function workbookOf(scenario: Scenario): Buffer {
  const lines = [headerOf(scenario), ...scenario.rows.map((row) => cellsOf(row, scenario))]
  const rows = lines.map((cells, index) => {
    const line = index + 1
    const isHidden = scenario.rows[index - 1]?.bad === 'cells'
    const written = cells.map((cell, column) => {
      const name = `${String.fromCharCode(65 + column)}${line}`
      if (typeof cell === 'string') return cell === '' ? '' : textCell(name, cell)
      const isText = (scenario.ownDates ? scenario.seed : index) % 2 === 0
      if (isText) return textCell(name, dateText(cell, scenario))
      return `<c r="${name}" s="1"><v>${unixDay + cell / dayMs}</v></c>`
    })
    return `<row r="${line}"${isHidden ? ' hidden="1"' : ''}>${written.join('')}</row>`
  })
  const entries = workbookEntries({ sheets: [{ rows: rows.join('') }], formats: ['dd/mm/yyyy hh:mm:ss.000'] })
  // To inflate would take real time.
  return zip(entries.map((entry) => ({ ...entry, stored: true })))
}
