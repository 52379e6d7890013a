import type { DateKind } from './date-format.ts'

const dayMs = 24 * 60 * 60 * 1000

/** The last day that spreadsheets know: 31 December 9999. */
const lastDay = Date.UTC(9999, 11, 31) + dayMs

function two(number: number): string {
  return String(number).padStart(2, '0')
}

/** Milliseconds as a time; fractions of a second only if there are any. Hours may exceed 24. */
function timeText(ms: number): string {
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  const [seconds, rest] = [Math.floor(ms / 1000) % 60, ms % 1000]
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${fraction}`
}

/**
 * Day 0 of the workbook's date system, in milliseconds since 1970. In the system of 1900, day 60 is 29 February 1900,
 * which never existed, so the days before it count from another day 0.
 */
function dayZero(serial: number, is1904: boolean): number {
  if (is1904) return Date.UTC(1904, 0, 1)
  return serial < 60 ? Date.UTC(1899, 11, 31) : Date.UTC(1899, 11, 30)
}

/**
 * The date, the time of day or the span of time that a number stands for in a cell that shows it as one: `2024-05-01`,
 * `2024-05-01T18:00:00`, `18:00:00`, `26:30:00`. Null if it stands for none: a negative number, day 0 or 60 in the
 * system of 1900, a day after 9999.
 * @param is1904 whether the workbook's dates count from 1904
 */
export function serialText(serial: number, kind: DateKind, is1904: boolean): string | null {
  if (!Number.isFinite(serial) || serial < 0) return null
  // To the millisecond: 17:00 is stored as 0.70833333333333337.
  const ms = Math.round(serial * dayMs)
  if (kind === 'span' || (kind === 'time' && ms < dayMs)) return timeText(ms)
  const day = Math.floor(ms / dayMs)
  if (!is1904 && (day === 0 || day === 60)) return null
  const moment = dayZero(day, is1904) + ms
  if (moment >= lastDay) return null
  const date = new Date(moment).toISOString().slice(0, 10)
  // A cell means what it shows. With a format without a time, that is the day alone.
  return kind === 'date' || ms % dayMs === 0 ? date : `${date}T${timeText(ms % dayMs)}`
}
