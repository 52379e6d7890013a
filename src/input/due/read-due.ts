import { DateTime, FixedOffsetZone, type IANAZone } from 'luxon'
import { shown } from '../../messages/shown.ts'
import { asUtc, findZone, isWallTime, type WallTime, zoneExpected, zoneTime } from './zone-time.ts'

/** How due times are read, as the job says. */
export interface DueFormat {
  /** `HH:MM` or `HH:MM:SS`: the time of day for dates without a time; null: the end of the day. */
  readonly at: string | null
  /** IANA name of the zone of rows that name none; null if the job names none either. */
  readonly timeZone: string | null
  /** A format in Luxon's tokens, instead of ISO 8601; null for ISO 8601. */
  readonly format: string | null
}

/** When a row is due, in milliseconds since 1970, or what is wrong with its cells. */
export type DueCheck = { readonly due: number } | { readonly problem: string }

/** A date, perhaps with a time and an offset, as it was written. */
interface Written {
  readonly wall: WallTime
  readonly hasTime: boolean
  /** Minutes ahead of UTC, negative if behind it; null if no offset was written. */
  readonly offset: number | null
  /** The name of its time zone; null if none was written. ISO 8601 has no names of zones. */
  readonly zone: string | null
  /** Milliseconds past the second, rounded up. */
  readonly rest: number
}

const iso =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

const endOfDay = { hour: 24, minute: 0, second: 0 }

function readIso(text: string): Written | null {
  const found = iso.exec(text)
  if (found === null) return null
  // Either all dashes are written or none.
  if (/^\d{4}-\d{4}|^\d{6}-/.test(text)) return null
  const [, year, month, day, hour, minute = '00', second = '00', fraction = '0', offset] = found
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  if (hour === undefined)
    return { wall: { ...date, ...endOfDay }, hasTime: false, offset: null, zone: null, rest: 0 }
  const wall = { ...date, hour: Number(hour), minute: Number(minute), second: Number(second) }
  const rest = Math.ceil(Number(`0.${fraction}`) * 1000)
  return { wall, hasTime: true, offset: offset === undefined ? null : minutesOf(offset), zone: null, rest }
}

function minutesOf(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '')
  const minutes = 60 * Number(digits.slice(0, 2)) + Number(digits.slice(2) || '0')
  return offset.startsWith('-') ? -minutes : minutes
}

/**
 * Reads a date by Luxon's tokens. The wall time is kept as written, since Luxon would move one that its zone's clock
 * skips.
 */
function readFormat(text: string, format: string): Written | null {
  const { result, matches, zone = null } = DateTime.fromFormatExplain(text, format, { locale: 'en' })
  // If nothing matches, Luxon's result has no units at all, and a date made from it would be the present one.
  if (result === undefined || result === null || !('year' in result)) return null
  if (isNoHourOfHalf((matches ?? {}) as HourMatch, text, format)) return null
  const read = DateTime.fromObject(result, { zone: 'utc' })
  if (!read.isValid) return null
  const { year, month, day, hour, minute, second, millisecond } = read
  const hasTime = ['hour', 'minute', 'second', 'millisecond'].some((unit) => unit in result)
  const wall = { year, month, day, ...(hasTime ? { hour, minute, second } : endOfDay) }
  const isOffset = zone instanceof FixedOffsetZone
  return {
    wall,
    hasTime,
    offset: isOffset ? zone.offset(0) : null,
    zone: isOffset || zone === null ? null : zone.name,
    rest: millisecond,
  }
}

/** What Luxon has read for the hour, in which PM hours are already counted from 12; `a` is 1 for PM. */
interface HourMatch {
  readonly h?: number
  readonly a?: number
}

/**
 * Whether the hour does not fit AM or PM. Luxon accepts 13 AM, 13:30 PM and 0:30 PM, but it is not clear which
 * time they stand for.
 */
function isNoHourOfHalf({ h, a }: HourMatch, text: string, format: string): boolean {
  if (a === undefined || h === undefined) return false
  if (a === 0 && h >= 12) return true
  if (format.indexOf('h') > format.lastIndexOf('a')) return false
  const [, written = ''] = /(?<!\d)(\d{1,2})(?:[:.]\d{2}){0,2}\s*[ap]\.?m/i.exec(text) ?? []
  return written !== '' && (Number(written) === 0 || Number(written) > 12)
}

/** The time of day that `at` names. The job's schema has checked its form. */
function timeOfDay(at: string): Pick<WallTime, 'hour' | 'minute' | 'second'> {
  const [hour = 0, minute = 0, second = 0] = at.split(':').map(Number)
  return { hour, minute, second }
}

function zoneOf(text: string, timeZone: string | null): IANAZone | { readonly problem: string } {
  const name = text === '' ? timeZone : text
  if (name === null)
    return {
      problem:
        'the date has no offset and the row no time zone; a zone was expected here, or in the job file as input.due.time_zone, such as Europe/Berlin',
    }
  return (
    findZone(name) ?? {
      problem: `the time zone ${shown(name)} is not known; ${zoneExpected} was expected`,
    }
  )
}

/**
 * The first year that a due date may be in. Okta has had users since 2009, so no account there could have been due
 * earlier. The dates that systems write for "no date" (0001-01-01, 1899-12-30, 1900-01-01, 1970-01-01, 2000-01-01) and
 * two-digit years read as 19xx are earlier than this year. It is a fixed year rather than a time before now, so that a
 * resume judges a row just as the first execution did.
 */
const firstYear = 2010

/**
 * Reads when a row is due. A date without a time means the end of that day, or the job's time `at` on that day. A date
 * is in its own zone or offset if it has one, else in the zone of the row or of the job.
 *
 * @param text trimmed, as is `rowZone`
 */
export function readDue(text: string, rowZone: string, rules: DueFormat): DueCheck {
  const expected =
    rules.format === null ? 'a date as YYYY-MM-DD or an ISO 8601 time' : `a date as ${rules.format}`
  if (text === '') return { problem: `the date is empty; ${expected} was expected` }
  const written = rules.format === null ? readIso(text) : readFormat(text, rules.format)
  if (written === null || !isWallTime(written.wall))
    return { problem: `the date ${shown(text)} can't be read; ${expected} was expected` }
  const { hasTime, offset, rest } = written
  if (written.wall.year < firstYear)
    return {
      problem: `the date ${shown(text)} is in the year ${written.wall.year} and looks like a placeholder for "no date"; a day from ${firstYear} on was expected`,
    }
  const wall = hasTime || rules.at === null ? written.wall : { ...written.wall, ...timeOfDay(rules.at) }
  if (offset !== null) {
    if (Math.abs(offset) > 18 * 60)
      return { problem: `the offset in ${shown(text)} is too large; at most 18 hours were expected` }
    return { due: asUtc(wall) - offset * 60_000 + rest }
  }
  const zone = zoneOf(written.zone ?? rowZone, rules.timeZone)
  if ('problem' in zone) return zone
  return { due: zoneTime(wall, zone) + rest }
}

/** How many different dates are remembered. Most files repeat a few. */
const mostKept = 10_000

/**
 * Creates a reader that works as {@link readDue} but remembers what it has read: asking for a zone's offsets is slow,
 * and dates repeat. A date cell of a workbook was not typed in any format. The workbook reader gives it as ISO 8601,
 * whatever format the job has for texts.
 */
export function createDueReader(
  rules: DueFormat,
): (text: string, rowZone: string, isDateCell: boolean) => DueCheck {
  const known = new Map<string, DueCheck>()
  const ofDateCells = { ...rules, format: null }
  return (text, rowZone, isDateCell) => {
    const key = `${isDateCell ? 'cell' : 'text'}\n${rowZone}\n${text}`
    const before = known.get(key)
    if (before !== undefined) return before
    const check = readDue(text, rowZone, isDateCell ? ofDateCells : rules)
    if (known.size < mostKept) known.set(key, check)
    return check
  }
}
