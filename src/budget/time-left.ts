import type { Cost } from './forecast.ts'
import type { BucketReport } from './lane.ts'

/**
 * How long the tasks that are left take, in seconds, by the slowest of their buckets: what fits into the rest of the share
 * that others leave goes at once, and everything else waits for the next windows. Null if no bucket that they need has
 * shown a limit.
 *
 * @param perSecond the most tasks that were done in a second so far
 * @param now epoch ms by Okta's clock
 */
export function secondsLeft(
  tasksLeft: number,
  costs: readonly Cost[],
  perSecond: number,
  now: number,
): number | null {
  const needed = costs.flatMap(({ bucket, perTask }) => {
    const seconds = secondsIn(bucket, tasksLeft * perTask, perSecond * perTask, now)
    return seconds === null ? [] : [seconds]
  })
  return needed.length === 0 ? null : Math.max(...needed)
}

function secondsIn(
  { likely, leftNow, endsAt, closedUntil, windowSeconds, inFlight }: BucketReport,
  wanted: number,
  speed: number,
  now: number,
): number | null {
  if (likely === null || wanted <= 0) return null
  // Requests under way have their permits, and what they are for is not done yet.
  const need = wanted - inFlight
  if (need <= 0) return wanted / speed
  const isOpen = endsAt !== null && endsAt > now
  const begin = Math.max(0, closedUntil - now) / 1000
  const left = isOpen ? (leftNow ?? 0) : likely
  if (need <= left && begin === 0) return wanted / speed
  // The second that the reset names belongs to the window, so a window of 60 s repeats every 61 s.
  const window = windowSeconds + 1
  const firstEnd = Math.max(begin, isOpen ? (endsAt - now) / 1000 : window)
  const rest = need - (begin > 0 ? 0 : left)
  const windows = Math.ceil(rest / likely)
  const last = rest - (windows - 1) * likely
  return firstEnd + (windows - 1) * window + Math.min(last / speed, window)
}
