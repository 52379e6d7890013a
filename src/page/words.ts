import { renderLag } from '../messages/duration.ts'
import { shownTime } from '../messages/shown-time.ts'
import { needsColumn } from './columns.ts'
import type { PageCell } from './page-data.ts'
import { emptyValue, textOf } from './task-table.ts'

/** The text of a table cell, as the page shows it to people. */
export function shownCell(column: string, cell: PageCell): string {
  if (cell === null || cell === '') return ''
  if (column === 'lag_seconds' && typeof cell === 'number') return renderLag(cell)
  if (column.endsWith('_at')) return shownTime(textOf(cell))
  return column === 'result' || column === 'action' ? textOf(cell).replaceAll('_', ' ') : textOf(cell)
}

/** A cell in the table, where times have no seconds: the opened row shows them. */
export function tableCell(column: string, cell: PageCell): string {
  const text = shownCell(column, cell)
  return column === 'finished_at' ? text.slice(0, '2026-11-24 08:00'.length) : text
}

/** A filter's value for a person, isolated so that right-to-left text can't turn the count after it around. */
export function shownValue(column: string, value: string): string {
  if (value === emptyValue) return column === needsColumn ? 'nothing needed' : '(none)'
  return `\u2068${shownCell(column, value)}\u2069`
}

/** `24 November 2026 at 08:00 UTC` of an RFC 3339 time in UTC. */
export function shownDate(time: string): string {
  const shown = new Date(time).toLocaleString('en-GB', {
    ...{ day: 'numeric', month: 'long', year: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', timeZone: 'UTC' },
  })
  return `${shown} UTC`
}

/** `1 row`, `12,345 rows`. */
export function counted(count: number, many: string): string {
  return `${grouped(count)} ${count === 1 ? many.replace(/s$/, '') : many}`
}

/** `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** A part of an instruction: words to read, or a command to type. */
export interface InstructionPart {
  readonly text: string
  readonly isCommand: boolean
}

/** Separates the commands in a sentence from its words: `If that is right: okta-lifecycle resume RUN`. */
export function partsOf(instruction: string): readonly InstructionPart[] {
  return instruction
    .split(/(\bokta-lifecycle (?:(?![,:;.](?: |$)).)+)/u)
    .map((text, index) => ({ text, isCommand: index % 2 === 1 }))
    .filter(({ text }) => text !== '')
}
