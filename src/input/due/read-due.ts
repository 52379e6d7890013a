import { DateTime, type IANAZone } from 'luxon'
import { shown } from '../../messages/shown.ts'
import { asUtc, findZone, isWallTime, type WallTime, zoneTime } from './zone-time.ts'

/** How the job says that due times are to be read. */
export interface DueFormat {
  /** `HH:MM` or `HH:MM:SS`: the time of day for dates alone; null: the end of the day. */
  readonly at: string | null
  /** IANA name of the zone, for rows that name none; null if the job names none either. */
  readonly timeZone: string | null
  /** Luxon's tokens, in place of ISO 8601. */
  readonly format: string | null
}

/** When a row is due, in milliseconds since 1970, or what is wrong with its cells. */
export type DueCheck = { readonly due: number } | { readonly problem: string }

/** A date, perhaps with a time and an offset, as it was written. */
interface Written {
  readonly wall: WallTime
  readonly hasTime: boolean
  /** Minutes before UTC; null if none was written. */
  readonly offset: number | null
  /** Milliseconds past the second, rounded up. */
  readonly rest: number
}

const iso =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

const endOfDay = { hour: 24, minute: 0, second: 0 }

function readIso(text: string): Written | null {
  const found = iso.exec(text)
  if (found === null) return null
  // Dashes are all there or all left out.
  if (/^\d{4}-\d{4}|^\d{6}-/.test(text)) return null
  const [, year, month, day, hour, minute = '00', second = '00', fraction = '0', offset] = found
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  if (hour === undefined) return { wall: { ...date, ...endOfDay }, hasTime: false, offset: null, rest: 0 }
  const wall = { ...date, hour: Number(hour), minute: Number(minute), second: Number(second) }
  const rest = Math.ceil(Number(`0.${fraction}`) * 1000)
  return { wall, hasTime: true, offset: offset === undefined ? null : minutesOf(offset), rest }
}

function minutesOf(offset: string): number {
  if (/^z$/i.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '')
  const minutes = 60 * Number(digits.slice(0, 2)) + Number(digits.slice(2) || '0')
  return offset.startsWith('-') ? -minutes : minutes
}

/** What a format contains besides quoted words: a time of day, and a zone or an offset. */
function tokensOf(format: string): { readonly time: boolean; readonly zone: boolean } {
  const tokens = format.replaceAll(/'[^']*'/g, '')
  return { time: /[hHmsStTfFqXx]/.test(tokens), zone: /[zZXx]/.test(tokens) }
}

function readFormat(text: string, format: string): Written | null {
  const read = DateTime.fromFormat(text, format, { zone: 'utc', setZone: true, locale: 'en' })
  if (!read.isValid) return null
  const { year, month, day, hour, minute, second } = read
  const tokens = tokensOf(format)
  const wall = tokens.time ? { year, month, day, hour, minute, second } : { year, month, day, ...endOfDay }
  return { wall, hasTime: tokens.time, offset: tokens.zone ? read.offset : null, rest: read.millisecond }
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
        'the date has no offset and the row no time zone; one was expected, here or in input.due.time_zone',
    }
  return (
    findZone(name) ?? {
      problem: `the time zone ${shown(name)} is not known; an IANA name such as Europe/Berlin was expected`,
    }
  )
}

/**
 * Reads when a row is due. A date alone means the end of that day, or `at`, in the row's or the job's zone; a date and
 * time is in that zone, unless it has an offset of its own. Both texts are trimmed.
 */
export function readDue(text: string, rowZone: string, rules: DueFormat): DueCheck {
  const expected =
    rules.format === null ? 'a date as YYYY-MM-DD or an ISO 8601 time' : `a date as ${rules.format}`
  if (text === '') return { problem: `the date is empty; ${expected} was expected` }
  const written = rules.format === null ? readIso(text) : readFormat(text, rules.format)
  if (written === null || !isWallTime(written.wall))
    return { problem: `the date ${shown(text)} can't be read; ${expected} was expected` }
  const { hasTime, offset, rest } = written
  if (hasTime && offset !== null) {
    if (Math.abs(offset) > 18 * 60)
      return { problem: `the offset in ${shown(text)} is not one; at most 18 hours were expected` }
    return { due: asUtc(written.wall) - offset * 60_000 + rest }
  }
  const zone = zoneOf(rowZone, rules.timeZone)
  if ('problem' in zone) return zone
  const wall = hasTime || rules.at === null ? written.wall : { ...written.wall, ...timeOfDay(rules.at) }
  return { due: zoneTime(wall, zone) + rest }
}

/** How many different dates are remembered: a file mostly repeats few. */
const mostKept = 10_000

/** As {@link readDue}, remembering what was read: asking for a zone's offsets is slow, and dates repeat. */
export function createDueReader(rules: DueFormat): (text: string, rowZone: string) => DueCheck {
  const known = new Map<string, DueCheck>()
  return (text, rowZone) => {
    const key = `${rowZone}\n${text}`
    const before = known.get(key)
    if (before !== undefined) return before
    const check = readDue(text, rowZone, rules)
    if (known.size < mostKept) known.set(key, check)
    return check
  }
}
