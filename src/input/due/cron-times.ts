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
  const { momentsOf, lowest, highest } = dueIn(pattern, timeZone, after)
  // No earlier time of the clock comes after that moment.
  const times = CronExpressionParser.parse(pattern, { tz: 'UTC', currentDate: new Date(after + lowest) })
  let next = Number.POSITIVE_INFINITY
  for (;;) {
    const time = times.next().getTime()
    for (const moment of momentsOf(time)) if (moment > after) next = Math.min(next, moment)
    // Near a clock change, a later time of the clock may come before an earlier one.
    if (Number.isFinite(next) && time >= next + highest) return next
  }
}

/**
 * When a schedule was last due, in epoch ms, by the rules of {@link nextDue}; null if it was not since then.
 *
 * @param after the moment that it comes after, in epoch ms
 * @param until the moment that it does not come after, in epoch ms
 * @throws Error for a pattern that is none, or that no day matches
 */
export function lastDue(pattern: string, timeZone: string, after: number, until: number): number | null {
  const { momentsOf, lowest, highest } = dueIn(pattern, timeZone, until)
  // No later time of the clock comes so early.
  const currentDate = new Date(until + highest + 1_000)
  const times = CronExpressionParser.parse(pattern, { tz: 'UTC', currentDate })
  let last = after
  for (;;) {
    const time = times.prev().getTime()
    for (const moment of momentsOf(time)) if (moment <= until) last = Math.max(last, moment)
    if (time <= last + lowest) return last > after ? last : null
  }
}

/** How times of the clock become moments near one, and the least and most that a clock is ahead of UTC there, in ms. */
function dueIn(pattern: string, timeZone: string, near: number) {
  const zone = IANAZone.create(timeZone)
  const isOfEachHour = pattern.trim().split(/\s+/).at(-4)?.startsWith('*') === true
  const ahead = [near - longestChangeMs, near, near + longestChangeMs].map((at) => zone.offset(at) * 60_000)
  return {
    momentsOf: (time: number): readonly number[] =>
      isOfEachHour ? momentsOf(time, zone) : momentsOf(time, zone).slice(0, 1),
    lowest: Math.min(...ahead),
    highest: Math.max(...ahead),
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
