import { CronExpressionParser } from 'cron-parser'
import { IANAZone } from 'luxon'
import { momentsOf } from './zone-time.ts'

/** No clock change is longer than this, in ms, and none comes so soon after another. */
const longestChangeMs = 3 * 3_600_000

/**
 * Checks that a pattern has the fields of cron, five or six with the second before them. cron-parser fills in those that
 * are missing, and takes words and chance for times as well, so that a slip of the pen would mean something else.
 *
 * @throws Error for a pattern that is none, or that no day matches
 */
export function checkPattern(pattern: string): void {
  const fields = pattern.trim().split(/\s+/)
  if (fields.length < 5 || fields.length > 6) throw new Error(`It has ${fields.length} fields.`)
  if (fields.some((field) => /(?<![a-z])h(?![a-z])/i.test(field))) throw new Error('H names no time.')
  nextDue(pattern, 'UTC', Date.now())
}

/**
 * When a schedule is due next, in epoch ms. The pattern names times as a clock in the zone shows them. A time that a clock
 * change skips is due at the moment after the gap. A time that comes twice is due the first time, unless the pattern
 * names every hour.
 *
 * @param after the moment that it comes after, in epoch ms
 * @throws Error for a pattern that is none, or that no day matches
 */
export function nextDue(pattern: string, timeZone: string, after: number): number {
  const zone = IANAZone.create(timeZone)
  const isOfEachHour = pattern.trim().split(/\s+/).at(-4)?.startsWith('*') === true
  const shown = shownAt(after, zone)
  // Near a clock change, a later time of the clock may come before an earlier one.
  const isNearChange = zone.offset(after - longestChangeMs) !== zone.offset(after + longestChangeMs)
  const aroundMs = isNearChange ? longestChangeMs : 0
  const times = CronExpressionParser.parse(pattern, { tz: 'UTC', currentDate: new Date(shown - aroundMs) })
  let next = Number.POSITIVE_INFINITY
  for (;;) {
    const time = times.next().getTime()
    const moments = momentsOf(time, zone)
    for (const moment of isOfEachHour ? moments : moments.slice(0, 1))
      if (moment > after) next = Math.min(next, moment)
    if (Number.isFinite(next) && time >= shown + aroundMs) return next
  }
}

/** The next times at which a schedule is due, in epoch ms. Throws like {@link nextDue}. */
export function nextTimes(
  pattern: string,
  timeZone: string,
  after: number,
  count: number,
): readonly number[] {
  const times: number[] = []
  while (times.length < count) times.push(nextDue(pattern, timeZone, times.at(-1) ?? after))
  return times
}

/** What a clock in a zone shows at a moment, as the moment at which one in UTC shows it. */
function shownAt(moment: number, zone: IANAZone): number {
  return moment + zone.offset(moment) * 60_000
}
