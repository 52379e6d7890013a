// Part of check-evidence.mjs: when a row of the input is due, by the job's input.due.
import { inFormula, plain, trim } from './texts.mjs'

const hour = 3_600_000
function offsetOf(zone) {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }
  const format = new Intl.DateTimeFormat('en-US', { ...numeric, hourCycle: 'h23', timeZone: zone })
  return (moment) => {
    const part = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - Math.floor(moment / 1000) * 1000
  }
}

/** The moment at which a clock in the zone shows a time: the later one if it comes twice, the end of the gap if it is skipped. */
function inZone(wall, zone) {
  const offset = offsetOf(zone)
  const moments = [-40, -26, -13, 0, 13, 26, 40].map((hours) => wall - offset(wall + hours * hour))
  const shown = moments.filter((moment) => moment + offset(moment) === wall)
  if (shown.length > 0) return Math.max(...shown)
  let [before, since] = [Math.min(...moments), Math.max(...moments)]
  const after = offset(since)
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2)
    if (offset(middle) === after) since = middle
    else before = middle
  }
  return since
}

/** What failed.csv makes of a date that was a date by its kind in a workbook. */
const marked = /^(\d{4}-\d{2}-\d{2}(?:T\S+)?) \(date cell\)$/i
/** The date in such a cell; null if it is another one. */
export const dateCell = (cell) => (typeof cell === 'string' ? (marked.exec(trim(cell))?.[1] ?? null) : null)

const iso = /^(?<y>\d{4})(?<dash>-?)(?<M>\d\d)\k<dash>(?<d>\d\d)(?:[T ](?<H>\d\d)(?::?(?<m>\d\d)(?::?(?<s>\d\d)(?:[.,](?<rest>\d{1,9}))?)?)?\s?(?<zone>Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']
const tokens = { yyyy: '(?<y>\\d{4})', MMMM: `(?<M>${months.join('|')})`, MMM: `(?<M>${months.map((name) => name.slice(0, 3)).join('|')})`, a: '(?<a>am|pm)' }
for (const [name, unit] of Object.entries({ M: 'M', d: 'd', H: 'H', h: 'h', m: 'm', s: 's' })) {
  tokens[name] = `(?<${unit}>\\d{1,2})`
  tokens[name + name] = `(?<${unit}>\\d{2})`
}

/** The form of dates that the job names, as a pattern; null if it has a part that is not known here. */
function patternOf(format) {
  const parts = format.match(/'[^']*'|([a-z])\1*|[^a-z']/gi) ?? []
  const pattern = parts.map((part) => (/^[a-z]/i.test(part) ? tokens[part] : part.replace(/^'|'$/g, '').replace(/[^\w\s]/g, '\\$&')))
  if (pattern.includes(undefined) || parts.includes('a') !== parts.some((part) => /^h/.test(part)) || parts.join('') !== format) return null
  try {
    return new RegExp(`^${pattern.join('')}$`, 'i')
  } catch {
    return null
  }
}

/**
 * Reads when a row is due, RFC 3339; null if this script can't tell.
 *
 * @param cellAt the cell of a column, in a record
 */
export function createDueReader(due, columns, cellAt) {
  const named = (name) => [name, columns.find((column) => trim(inFormula(column)).toLowerCase() === trim(name).toLowerCase())].find((column) => columns.includes(column)) ?? name
  const column = named(due.column)
  const zoneColumn = due.time_zone_column === null ? null : named(due.time_zone_column)
  const [pattern, known] = [due.format === null ? iso : patternOf(due.format), new Map()]
  const read = (cell, zone) => {
    const date = dateCell(cell)
    const found = (date === null ? pattern : iso)?.exec(date ?? cell)?.groups
    if (found === undefined) return null
    const month = Number(found.M) || months.findIndex((name) => name.startsWith(found.M.toLowerCase())) + 1
    const hours = found.h === undefined ? found.H : (Number(found.h) % 12) + (/pm/i.test(found.a) ? 12 : 0)
    const hasTime = [hours, found.m, found.s].some((part) => part !== undefined)
    const [h, m = 0, s = 0] = hasTime ? [hours ?? 0, found.m, found.s] : (due.at ?? '24').split(':')
    const wall = new Date(0).setUTCFullYear(Number(found.y), month - 1, Number(found.d)) + ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000
    const rest = Math.ceil(Number(`0.${found.rest ?? 0}`) * 1000)
    if (found.zone === undefined) return new Date(inZone(wall, zone || due.time_zone) + rest).toISOString()
    const [, sign, ahead, minutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(found.zone) ?? [null, '+', 0, 0]
    return new Date(wall - Number(`${sign}1`) * (Number(ahead) * 60 + Number(minutes ?? 0)) * 60_000 + rest).toISOString()
  }
  return {
    column,
    read: (cells) => {
      const key = JSON.stringify([plain(cellAt(cells, column)), zoneColumn === null ? '' : plain(cellAt(cells, zoneColumn))])
      if (!known.has(key)) {
        try {
          known.set(key, read(...JSON.parse(key)))
        } catch {
          known.set(key, null)
        }
      }
      return known.get(key)
    },
  }
}
