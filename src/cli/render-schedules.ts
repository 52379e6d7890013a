import { visible } from '../messages/shown.ts'
import type { KeptSchedule, LastTime } from '../store/schedule.ts'

/** The schedules of a store, for a person; nothing if there are none. */
export function renderSchedules(
  schedules: readonly Pick<KeptSchedule, 'job' | 'orgUrl' | 'pattern' | 'timeZone' | 'last'>[],
): string {
  if (schedules.length === 0) return ''
  const lines = schedules.map(
    ({ job, orgUrl, pattern, timeZone, last }) =>
      `${visible(job)} in ${orgUrl}: submitted at ${pattern} in ${timeZone}; ${describeLast(last)}\n`,
  )
  return `\nSchedules\n${lines.join('')}`
}

function describeLast({ due, run, error }: LastTime): string {
  if (due === null) return 'not due yet'
  if (error !== null) return `last due ${due}, not submitted: ${visible(error)}`
  return run === null ? `last due ${due}, nothing to do` : `last due ${due}, run ${run}`
}
