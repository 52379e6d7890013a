import { renderDuration } from '../messages/duration.ts'
import type { PageCell } from './page-data.ts'
import { emptyValue, textOf } from './task-table.ts'

/** A cell of the table for a person. */
export function shownCell(column: string, cell: PageCell): string {
  if (cell === null || cell === '') return ''
  if (column === 'lag_seconds' && typeof cell === 'number') return renderLag(cell)
  if (column === 'finished_at') return shownTime(textOf(cell))
  return column === 'result' || column === 'action' ? textOf(cell).replaceAll('_', ' ') : textOf(cell)
}

/** A filter's value for a person. */
export function shownValue(column: string, value: string): string {
  return value === emptyValue ? '(none)' : shownCell(column, value)
}

/** `2026-11-24 08:00:01` of an RFC 3339 time in UTC. */
export function shownTime(time: string): string {
  return time.replace('T', ' ').replace(/(\.\d+)?Z$/, '')
}

/** Seconds from due to done. A negative lag comes from a difference between clocks, and is shown as it is. */
export function renderLag(seconds: number): string {
  return seconds < 0 ? `-${renderDuration(-seconds)}` : renderDuration(seconds)
}

/** `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}
