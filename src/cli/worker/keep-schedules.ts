import { lastDue, nextDue } from '../../input/due/cron-times.ts'
import { type KeptSchedule, type Schedule, scheduleId } from '../../store/schedule.ts'
import { isOfStore } from '../../store/store-error.ts'
import type { WorkerOptions } from './worker.ts'

/** From here on, in ms, a clock is too far from the store's for what is announced by it. */
const clockApartMs = 30_000

/** After so long, in ms, a time that was due counts as not told. */
const tellWithinMs = 60_000

/** What keeps schedules from being announced. */
export interface ScheduleTroubles {
  /** Those that are never due: an earlier version took patterns that none is. */
  readonly neverDue: readonly Schedule[]
  /** How far this machine's clock is ahead of the store's, in ms; null if that does no harm. */
  readonly clockAheadMs: number | null
}

/**
 * Lets the schedules of a worker's orgs be announced as our own table has them. What announces them may have lost one, have
 * been told of a change that never came to the table, or go by the clock of a machine that was wrong. A machine whose clock
 * is far from the store's leaves that to others. A time that nobody was told of by then is noted as due all the same.
 *
 * @throws the driver's error
 */
export async function keepSchedules({
  tables,
  orgs,
  announcements,
}: Pick<WorkerOptions, 'tables' | 'orgs' | 'announcements'>): Promise<ScheduleTroubles> {
  const ours = (await tables.schedules.all()).filter(({ orgUrl }) => orgs.has(orgUrl))
  if (ours.length === 0) return { neverDue: [], clockAheadMs: null }
  const now = await tables.schedules.now()
  const ahead = Date.now() - now
  const isApart = Math.abs(ahead) > clockApartMs
  const neverDue: Schedule[] = []
  for (const schedule of ours) {
    const due = dueAfter(schedule, now)
    if (due === null) {
      neverDue.push(schedule)
      continue
    }
    const untold = untoldTime(schedule, now - tellWithinMs)
    if (untold !== null) await tables.schedules.noteDue(scheduleId(schedule), new Date(untold))
    if (isApart) continue
    try {
      await announcements.keepSchedule(scheduleId(schedule), schedule.pattern, schedule.timeZone, due)
    } catch (error) {
      // While a time that was told too early is being told, no other is taken.
      if (isOfStore(error)) throw error
    }
  }
  return { neverDue, clockAheadMs: isApart ? ahead : null }
}

/** The last time that a schedule was due up to a moment, in epoch ms; null if it was seen to. No clock of a worker is asked. */
function untoldTime({ pattern, timeZone, since, last }: KeptSchedule, until: number): number | null {
  const seenTo = last.due === null ? 0 : Date.parse(last.due)
  try {
    return lastDue(pattern, timeZone, Math.max(since, seenTo), until)
  } catch {
    return null
  }
}

/** When a schedule is due next, in epoch ms; null if it is never due. */
function dueAfter({ pattern, timeZone }: Schedule, after: number): number | null {
  try {
    return nextDue(pattern, timeZone, after)
  } catch {
    return null
  }
}
