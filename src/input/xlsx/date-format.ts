/**
 * What a number format makes of a number: a date alone, a date with a time (`moment`), a date without its day (`month`:
 * also a year, a quarter or a weekday), a time of day, a span of time, TRUE or FALSE, or a number like any other.
 */
export type DateKind = 'date' | 'moment' | 'month' | 'time' | 'span' | 'boolean' | 'number'

/**
 * The formats that every workbook has without defining them (ECMA-376 part 1, 18.8.30): 14 to 22 and 45 to 47
 * everywhere, 27 to 36 and 50 to 58 in East Asia, 71 to 81 in Thailand.
 */
const builtIn: readonly (readonly [from: number, to: number, kind: DateKind])[] = [
  [14, 16, 'date'],
  [17, 17, 'month'],
  [18, 21, 'time'],
  [22, 22, 'moment'],
  [27, 31, 'date'],
  [32, 35, 'time'],
  [36, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'span'],
  [47, 47, 'time'],
  [50, 58, 'date'],
  [71, 74, 'date'],
  [75, 76, 'time'],
  [77, 77, 'date'],
  [78, 80, 'time'],
  [81, 81, 'date'],
]

/** What a built-in format makes of a number. */
export function kindOfBuiltIn(id: number): DateKind {
  return builtIn.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'number'
}

/** Quoted text, escaped characters, fill and width, and brackets other than those of elapsed time. */
const notCodes = /"[^"]*"?|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]*\]?/gi

/** `d` and `dd` are the day of the month; `ddd` and `dddd` are the name of the weekday. */
const showsDay = /(?<!d)dd?(?!d)/

function kindOfSection(section: string): DateKind {
  const codes = section
    .replaceAll(notCodes, '')
    .replaceAll(/general|am\/pm|a\/p|e[+-]/gi, '')
    .toLowerCase()
  // `m` is a month, or the minutes of an hour or a second. `b`, `e` and `g` are years of other calendars.
  if (/[dybeg]/.test(codes)) {
    if (!showsDay.test(codes)) return 'month'
    return /[hs]/.test(codes) ? 'moment' : 'date'
  }
  if (codes.includes('[')) return 'span'
  if (/[hs]/.test(codes)) return 'time'
  return codes.includes('m') ? 'month' : 'number'
}

/** How LibreOffice shows a truth value, which it may store as 1 or 0. */
const isBoolean = /^"TRUE";"TRUE";"FALSE"$/i

/** What a format such as `dd/mm/yyyy` makes of a number that is not negative. */
export function kindOfFormat(code: string): DateKind {
  if (isBoolean.test(code)) return 'boolean'
  const sections = code.match(/(?:"[^"]*"?|\\.|[^;"\\])+/g) ?? []
  // A section with a condition may not be the one for positive numbers.
  const asked = /\[[<>=]/.test(code) ? sections : sections.slice(0, 1)
  const kinds = asked.map(kindOfSection)
  // A date alone wins over a date with a time, since it is due later. A format that may hide the day wins over both.
  const first = (['month', 'date', 'moment'] as const).find((kind) => kinds.includes(kind))
  return first ?? kinds.find((kind) => kind !== 'number') ?? 'number'
}
