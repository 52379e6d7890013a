import { IANAZone } from 'luxon'

/** A time as a clock on the wall shows it. Hour 24 is the end of the day. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const hour = 3_600_000

/**
 * How many hours before and after a time the offsets of its zone are looked up. This reaches further than the largest
 * jump there ever was, a whole day.
 */
const around = [-40, -26, -13, 0, 13, 26, 40]

/** What is expected of the name of a time zone, for messages. */
export const zoneExpected =
  'Area/Place, such as Europe/London or America/New_York, or UTC (not an abbreviation such as BST, EST or CET, which stands for several zones, and not GMT+5 or Etc/GMT+5, which means the opposite of what it seems to say)'

/**
 * A zone by its IANA name in the form Area/Place, such as Europe/Berlin, or UTC; null if there is none of that name.
 * Names without a slash are ambiguous: for ICU, BST is Dhaka, and whoever writes EST5EDT or GMT in a list may or may
 * not mean summer time. The sign of Etc/GMT+5 is the reverse of what people mean (tz database, file etcetera). SystemV
 * zones exist only in ICU.
 */
export function findZone(name: string): IANAZone | null {
  const isName = /^(?!(?:systemv|etc)\/)[a-z][^/]*\//i.test(name) || name.toLowerCase() === 'utc'
  return isName && IANAZone.isValidZone(name) ? IANAZone.create(name) : null
}

/** Whether the day exists in the calendar and the time on a clock. */
export function isWallTime({ year, month, day, hour: h, minute, second }: WallTime): boolean {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1
  const isTime = h <= 23 ? minute <= 59 && second <= 59 : h === 24 && minute === 0 && second === 0
  return isDay && isTime
}

/** The moment of a wall time if its zone were UTC, in milliseconds since 1970. */
export function asUtc({ year, month, day, hour: h, minute, second }: WallTime): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.setUTCHours(h, minute, second)
}

/** The moment at which the offset becomes `after`, somewhere between two moments. */
function transition(zone: IANAZone, from: number, to: number, after: number): number {
  let [before, since] = [from, to]
  while (since - before > 1) {
    const middle = Math.floor((before + since) / 2)
    if (zone.offset(middle) === after) since = middle
    else before = middle
  }
  return since
}

/**
 * The moment, in milliseconds since 1970, at which a clock in the zone shows a wall time. A wall time that a clock
 * change skips means the moment after the gap. One that comes twice means the later moment, so that nothing is done too
 * early.
 */
export function zoneTime(wall: WallTime, zone: IANAZone): number {
  return Math.max(...momentsOf(asUtc(wall), zone))
}

/**
 * The moments, in milliseconds since 1970 and in their order, at which a clock in the zone shows a wall time: two if it
 * comes twice, and the moment after the gap if a clock change skips it.
 *
 * @param utc the wall time, as the moment at which a clock in UTC shows it
 */
export function momentsOf(utc: number, zone: IANAZone): readonly number[] {
  const offsets = [...new Set(around.map((hours) => zone.offset(utc + hours * hour)))]
  const moments = offsets.map((offset) => utc - offset * 60_000).sort((one, other) => one - other)
  const shown = moments.filter((moment) => moment + zone.offset(moment) * 60_000 === utc)
  if (shown.length > 0) return shown
  // In a gap, the offset of the time before it leads past it, and the offset of the time after it leads before it.
  const [earliest, latest] = [Math.min(...moments), Math.max(...moments)]
  return [transition(zone, earliest, latest, zone.offset(latest))]
}
