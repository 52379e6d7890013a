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

/**
 * Names without a slash that the tz database itself has (its files `backward` and `etcetera`), in lower case. ICU knows
 * more of them, and for it BST is Dhaka, IST Kolkata and ECT Paris. EST, MST and HST are in the database but left out:
 * they are offsets without summer time, and whoever writes EST in July means New York.
 */
const namesWithoutSlash: ReadonlySet<string> = new Set(
  (
    'utc gmt uct zulu universal greenwich gmt0 gmt+0 gmt-0 cet met eet wet est5edt cst6cdt mst7mdt pst8pdt cuba egypt ' +
    'eire gb gb-eire hongkong iceland iran israel jamaica japan kwajalein libya navajo nz nz-chat poland portugal prc ' +
    'roc rok singapore turkey w-su'
  ).split(' '),
)

/** What is expected of the name of a time zone, for messages. */
export const zoneExpected =
  'a full IANA name such as Europe/London or America/New_York, or UTC; an abbreviation such as BST or EST stands for several zones'

/** A zone by its IANA name, such as Europe/Berlin; null if there is none of that name. Abbreviations are not names. */
export function findZone(name: string): IANAZone | null {
  // Offsets such as +01:00 are not zones: they know no summer time. SystemV is ICU's own.
  const isName = /^(?!systemv\/)[a-z][^/]*\//i.test(name) || namesWithoutSlash.has(name.toLowerCase())
  return isName && IANAZone.isValidZone(name) ? IANAZone.create(name) : null
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
