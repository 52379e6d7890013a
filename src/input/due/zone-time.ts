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

/** How far around a time the offsets of its zone are searched: beyond the largest jump there ever was, a whole day. */
const around = [-40, -26, -13, 0, 13, 26, 40]

/** A zone by its IANA name, such as Europe/Berlin; null if there is none of that name. */
export function findZone(name: string): IANAZone | null {
  // Offsets such as +01:00 are not zones: they know no summer time.
  if (!/^[A-Za-z]/.test(name) || !IANAZone.isValidZone(name)) return null
  return IANAZone.create(name)
}

/** Whether the day is in the calendar and the time on the clock. */
export function isWallTime({ year, month, day, hour: h, minute, second }: WallTime): boolean {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1
  const isTime = h <= 23 ? minute <= 59 && second <= 59 : h === 24 && minute === 0 && second === 0
  return isDay && isTime
}

/** What the wall time would be in UTC, in milliseconds since 1970. */
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
 * The moment, in milliseconds since 1970, at which a clock in the zone shows a wall time. One that the clock change
 * skips is the moment after the gap; one that comes twice is the later of the two, so that nothing is done too early.
 */
export function zoneTime(wall: WallTime, zone: IANAZone): number {
  const utc = asUtc(wall)
  const offsets = [...new Set(around.map((hours) => zone.offset(utc + hours * hour)))]
  const moments = offsets.map((offset) => utc - offset * 60_000)
  const shown = moments.filter((moment) => moment + zone.offset(moment) * 60_000 === utc)
  if (shown.length > 0) return Math.max(...shown)
  // In a gap the offset from before leads past it, and the one from after leads before it.
  const [earliest, latest] = [Math.min(...moments), Math.max(...moments)]
  return transition(zone, earliest, latest, zone.offset(latest))
}
