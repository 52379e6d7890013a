import * as z from 'zod'
import { findZone, zoneExpected } from '../input/due/zone-time.ts'
import { hiddenRowsChoices } from '../input/input-file.ts'
import { duration } from './duration-value.ts'
import { describeFound } from './explain-issue.ts'

/** What happens to a file without rows that has a header or an empty list. */
const emptyInputs = ['ok', 'error'] as const

function expected(what: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `${what} was expected, but ${describeFound(input)} was found` }
}

function isDateFormat(format: string): boolean {
  const tokens = format.replaceAll(/'[^']*'/g, '')
  return /y/.test(tokens) && /[ML]/.test(tokens) && /d/.test(tokens)
}

/** Whether a format with 12-hour times has am or pm. Without it, half of all times would be read twelve hours early. */
function hasWholeHour(format: string): boolean {
  const tokens = format.replaceAll(/'[^']*'/g, '')
  return !tokens.includes('h') || tokens.includes('a')
}

const column = z.string().min(1)
const timeZone = z.string().refine((name) => findZone(name) !== null, expected(zoneExpected))
const at = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)$/, expected('a time of day such as "18:00"'))
const dateFormat = z
  .string()
  .refine(isDateFormat, expected('a format with year, month and day, such as dd.MM.yyyy,'))
  .refine(hasWholeHour, expected('a format with HH, or with hh and a (am or pm),'))
const cellValue = z.union([z.string(), z.number(), z.boolean()], expected('text'))

/** The single values of a job's `input` that say which rows count, and when. */
export const inputValues = {
  header_line: z.int().min(1),
  sheet: z.string().min(1),
  hidden_rows: z.enum(hiddenRowsChoices),
  short_names: z.boolean(),
  empty: z.enum(emptyInputs),
  where: z.record(column, z.array(cellValue).min(1)),
  due: z.strictObject({
    column: column.describe('The column with the dates.'),
    at: at.optional().describe('The time of day for dates without a time; by default the end of the day.'),
    time_zone: timeZone.optional().describe('The IANA time zone of rows that name none.'),
    time_zone_column: column.optional().describe("The column with each row's IANA time zone."),
    max_lag: duration
      .optional()
      .describe(
        'How long after its due time a task may be confirmed; the summary names tasks that were later.',
      ),
    format: dateFormat.optional().describe("How dates are written, in Luxon's tokens; by default ISO 8601."),
  }),
  check: z.strictObject({ login: column.describe('The column with the login.') }),
}

/** The same values with nothing left open, as a run keeps them. */
export const resolvedInputValues = {
  where: z.record(column, z.array(z.string()).min(1).readonly()).readonly(),
  due: z
    .strictObject({
      column,
      at: at.nullable(),
      time_zone: timeZone.nullable(),
      time_zone_column: column.nullable(),
      format: dateFormat.nullable(),
      max_lag_seconds: z.number().positive().nullable().default(null),
    })
    .readonly(),
  check: inputValues.check.readonly(),
}
