import { shown } from '../../messages/shown.ts'
import type { DateKind } from './date-format.ts'
import { unescapeText } from './escaped-text.ts'
import { numberText } from './number-text.ts'
import { serialText } from './serial-date.ts'
import type { CellContext } from './workbook.ts'

/** A cell as its sheet stores it. */
export interface StoredCell {
  /** The type of its value: `n` for a number, which is also the default if the sheet says nothing. */
  readonly type: string
  /** The number of its style. */
  readonly style: number
  /** The content of its element `v`; null if it has none. */
  readonly value: string | null
  /** The text in the cell itself (`inlineStr`); null if there is none. */
  readonly inline: string | null
  readonly hasFormula: boolean
}

/** What a cell shows. */
export interface CellValue {
  /** Empty if the cell is. If the cell can't be read: what it stores. */
  readonly text: string
  /** What the cell is if not a text, in words for a message: `the number 42`; null if it is a text or empty. */
  readonly notText: string | null
  /** Whether it is a date, perhaps with a time. Its text is then ISO 8601. */
  readonly isDate: boolean
  /** Why it can't be read; null if it can. */
  readonly problem: string | null
  /** Set if it is shown struck through. */
  readonly isStruck?: true
}

const empty: CellValue = { text: '', notText: null, isDate: false, problem: null }

function ofText(text: string): CellValue {
  return text === '' ? empty : { text, notText: null, isDate: false, problem: null }
}

function unreadable(stored: string, problem: string): CellValue {
  return { text: stored, notText: null, isDate: false, problem }
}

const neverCalculated = unreadable(
  '',
  'the cell contains a formula without a stored value; open the workbook in Excel and save it, or put the value there',
)

function numberCell(stored: string, style: number, { styles, is1904 }: CellContext): CellValue {
  const kind = styles.kinds[style]
  if (kind === undefined && style !== 0)
    return unreadable(
      stored,
      `the cell uses style ${style}, which the workbook does not define, so it may or may not be a date`,
    )
  const text = numberText(stored)
  if (text === null) return unreadable(stored, `the cell contains ${shown(stored)}; a number was expected`)
  if (kind === undefined || kind === 'number')
    return { text, notText: `the number ${text}`, isDate: false, problem: null }
  if (kind === 'boolean') return booleanCell(Number(stored) === 0 ? '0' : '1')
  if (kind === 'month' || (kind === 'time' && Number(stored) >= 1)) return withoutDay(stored)
  const date = serialText(Number(stored), kind, is1904)
  if (date === null)
    return unreadable(stored, `the cell is shown as a date, but ${text} is not a day of the calendar`)
  const noun = kind === 'date' || kind === 'moment' ? 'date' : 'time'
  return { text: date, notText: `the ${noun} ${date}`, isDate: startsWithDay.test(date), problem: null }
}

/** A spreadsheet silently turns a typed "Nov 2026" into the first of November. */
function withoutDay(stored: string): CellValue {
  return unreadable(
    stored,
    'the cell shows a date without its day; give it a format with day, month and year, and check that the day is right',
  )
}

const startsWithDay = /^\d{4}-\d{2}-\d{2}/

/**
 * A date that is stored as ISO 8601. It means what the cell shows, just like a date that is stored as a number: a
 * format without a time shows only the day. A `Z` comes from the program that wrote the file, since a sheet has no time
 * zones. Programs write a date alone as midnight.
 */
function dateCell(stored: string, kind: DateKind): CellValue {
  const found = /^(\d{4}-\d{2}-\d{2})?T?(\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(stored)
  if (found === null || stored === '')
    return unreadable(stored, `the cell contains ${shown(stored)}; a date was expected`)
  if (kind === 'month') return withoutDay(stored)
  const [, date, time = '', , , offset = ''] = found
  const isDay = kind === 'date' || (/^(00:00(:00(\.0+)?)?)?$/.test(time) && /^Z?$/.test(offset))
  const exact = time.replace(/\.0+$/, '')
  const shownTime = `${exact}${offset === 'Z' ? '' : offset}`
  const text = date === undefined ? shownTime : isDay ? date : `${date}T${shownTime}`
  return { text, notText: `the date ${text}`, isDate: date !== undefined, problem: null }
}

function booleanCell(stored: string): CellValue {
  const words: Readonly<Record<string, string>> = { 1: 'TRUE', true: 'TRUE', 0: 'FALSE', false: 'FALSE' }
  const text = words[stored]
  if (text === undefined)
    return unreadable(stored, `the cell contains ${shown(stored)}; TRUE or FALSE was expected`)
  return { text, notText: text, isDate: false, problem: null }
}

function sharedText(stored: string, { strings }: CellContext): CellValue {
  const text = /^\d+$/.test(stored) ? strings[Number(stored)] : undefined
  if (text === undefined)
    return unreadable(
      stored,
      `the cell refers to the shared text ${shown(stored)}, which the workbook does not have`,
    )
  return ofText(text)
}

/** Returns what a cell shows, or why that is not known. */
export function readCell(cell: StoredCell, context: CellContext): CellValue {
  const value = readValue(cell, context)
  return value.text !== '' && context.styles.struck.has(cell.style) ? { ...value, isStruck: true } : value
}

function readValue({ type, style, value, inline, hasFormula }: StoredCell, context: CellContext): CellValue {
  if (type === 'inlineStr') {
    if (inline === null && value !== null)
      return unreadable(value, 'the cell says that it contains its text itself, but it has none')
    return ofText(inline ?? '')
  }
  if (value === null) return hasFormula ? neverCalculated : empty
  if (type === 'str') return ofText(unescapeText(value))
  const stored = value.trim()
  if (type === 'e')
    return unreadable(stored, `the cell contains the error ${shown(stored)}; a value was expected`)
  if (stored === '') return hasFormula ? neverCalculated : empty
  if (hasFormula && context.isUncalculated && type === 'n' && stored === '0') return neverCalculated
  switch (type) {
    case 'n':
      return numberCell(stored, style, context)
    case 's':
      return sharedText(stored, context)
    case 'b':
      return booleanCell(stored)
    case 'd':
      return dateCell(stored, context.styles.kinds[style] ?? 'number')
    default:
      return unreadable(stored, `the cell is of the type ${shown(type)}, which is not known`)
  }
}
