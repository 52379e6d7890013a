import { join } from 'node:path'
import type { ColumnMapping } from '../input/column-mapping.ts'
import { formOf } from '../input/failed-csv.ts'
import { type InputFile, inputName } from '../input/input-file.ts'
import { resolveColumns } from '../input/resolve-columns.ts'
import { type InvalidRow, rowPlace } from '../input/row.ts'
import { settleInput } from '../input/settle-input.ts'
import { type InputSurvey, type Survey, surveyInput } from '../input/survey.ts'
import type { SheetChoice } from '../input/xlsx/choose-sheet.ts'
import { inputSettings, rowSettings } from '../job/input-settings.ts'
import type { Job } from '../job/job.ts'
import type { Prepared } from '../job/prepare.ts'
import { counted } from '../messages/counted.ts'
import { Refusal } from '../messages/known-error.ts'
import { unlessSecret } from '../messages/secret-like.ts'
import { shellWord } from '../messages/shell-word.ts'
import { shown, shownUnlessSecret } from '../messages/shown.ts'
import type { Action } from '../okta/actions.ts'
import { copyInput, type InputCopy, nameInputCopy } from './input-copy.ts'

/** An input that was checked from beginning to end. */
export interface CheckedInput {
  readonly copy: InputCopy
  readonly input: InputFile
  readonly job: Job
  readonly mapping: ColumnMapping
  readonly survey: InputSurvey
  /** The sheet that is read, and the others; null if the input is not a workbook. */
  readonly sheet: SheetChoice | null
}

/**
 * Copies the input into a directory and checks every row of the copy.
 *
 * @param signal ends the copying
 * @throws KnownError when it can't be read, or when it has bad rows and the job does not skip them
 */
export async function checkInput(
  prepared: Prepared,
  directory: string,
  signal?: AbortSignal,
): Promise<CheckedInput> {
  const checked = await surveyCopy(prepared, directory, signal)
  const { input, survey, job } = checked
  if (survey.invalidRows > 0 && !job.skip_invalid) {
    throw new Refusal(
      describeInvalidRows(input.name, survey),
      'Correct the rows, or add --skip-invalid to do the rest and report these as skipped. Nothing was sent.',
    )
  }
  return checked
}

/** Like {@link checkInput}, but the caller decides what to do about bad rows. */
export async function surveyCopy(
  prepared: Prepared,
  directory: string,
  signal?: AbortSignal,
): Promise<CheckedInput> {
  const received = await copyInput(prepared.source, directory, 'input.received', signal)
  const file = { path: join(directory, received.file), name: inputName(prepared.source) }
  const { header_line: namedLine, user_column: userColumn } = prepared.merge(prepared.format).input
  const named = { format: prepared.format, encoding: prepared.encoding, headerLine: namedLine }
  const form = await formOf(file, named, userColumn)
  const { format, encoding } = await settleInput(file, form)
  const copy = await nameInputCopy(directory, received, format)
  const merged = prepared.merge(format)
  const path = join(directory, copy.file)
  const { headerLine } = form
  const { hidden_rows: hiddenRows } = merged.input
  const found: InputFile = { ...file, path, encoding, headerLine, hiddenRows, sheet: merged.input.sheet }
  const choice = format === 'xlsx' ? await chosenSheet(found) : null
  const sheet = choice?.sheet.name ?? null
  const input = { ...found, sheet }
  const job = { ...merged, input: { ...merged.input, sheet, header_line: headerLine } }
  const columns = await resolveColumns(input, inputSettings(job))
  const survey = await surveyInput(input, columns, rowSettings(job))
  refuseRival(input.name, job.input.user_column, survey)
  refuseOtherSubject(input.name, job.input.user_column, survey)
  refuseMixedDates(input.name, survey)
  if (survey.rows === 0 && job.input.empty === 'error')
    throw new Refusal(
      `${input.name}: the input has no rows, and the job says that this is an error (input.empty: error).`,
      'Check why the list is empty, or take input.empty out of the job file.',
    )
  return { copy, input, job, mapping: survey.mapping, survey, sheet: choice }
}

/**
 * Refuses a column that was chosen only for its name if another column may hold the users as well. A column that a
 * person named stands.
 */
function refuseRival(name: string, named: string | null, { mapping, rival }: InputSurvey): void {
  if (named !== null || rival === null) return
  const { user } = mapping
  throw new Refusal(
    `${name}: the column ${shownUnlessSecret(user)} would be taken for the user, but the column ${shownUnlessSecret(rival.column)} names other users, such as ${shown(rival.example)}. It is not clear which of the two holds the users.`,
    `Add --user-column ${shellWord(user)} or --user-column ${shellWord(rival.column)} (in a job file: user_column).`,
  )
}

/**
 * Refuses a column that was chosen only for its name if the rows seem to be about others. A column that a person named
 * stands.
 */
function refuseOtherSubject(
  name: string,
  named: string | null,
  { mapping, otherSubject }: InputSurvey,
): void {
  if (named !== null || otherSubject === null) return
  const { column, example, shows } = otherSubject
  const what =
    shows === 'others'
      ? `the column ${shownUnlessSecret(column)} names other people, such as ${shown(example)}`
      : `it seems to hold the people named in the column ${shownUnlessSecret(column)}, such as ${shown(example)}`
  throw new Refusal(
    `${name}: the column ${shownUnlessSecret(mapping.user)} would be taken for the users, but ${what}. It is not clear whom the rows are about.`,
    `If the rows are about the users under ${shownUnlessSecret(mapping.user)}, add --user-column ${shellWord(mapping.user)} (in a job file: user_column); otherwise add a column with the logins or ids of the people whom they are about.`,
  )
}

function refuseMixedDates(name: string, { mixedDates }: InputSurvey): void {
  if (mixedDates === null) return
  const { column, text, date } = mixedDates
  throw new Refusal(
    `${name}: the column ${shownUnlessSecret(column)} has some dates as text (row ${text.row}: ${shown(text.cell)}) and some as date cells (row ${date.row}: ${shown(date.cell)}). A spreadsheet that reads the month first does exactly this to a list of days, and takes the day for the month in the date cells.`,
    'Make every cell of the column text, or every cell a date, and check the day and month of each.',
  )
}

/**
 * The actions that a run of the input may send. Null if they are not known: rows that are not due are not counted,
 * and a run that goes on later may find them due.
 */
export function actionsOf({ job, survey }: Pick<CheckedInput, 'job' | 'survey'>): readonly Action[] | null {
  if (job.steps !== null) return job.steps.map(({ action }) => action)
  return survey.notDueRows === 0 ? [...survey.tasksByAction.keys()] : null
}

/** The code that reads workbooks is loaded only if there is one. */
async function chosenSheet(input: InputFile): Promise<SheetChoice> {
  const { sheetOf } = await import('../input/xlsx/workbook.ts')
  return await sheetOf(input)
}

/** Describes the bad rows of an input, the first ones one by one. */
export function describeInvalidRows(name: string, survey: Survey): string {
  const { rows, invalidRows, firstInvalid } = survey
  const more = invalidRows - firstInvalid.length
  return [
    `${name}: ${invalidRows} of ${rows} rows are bad:`,
    ...firstInvalid.map((row) => `  ${rowPlace(row)}: ${describeProblems(row)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n')
}

/**
 * Why rows are bad that are skipped: the first rows with different reasons, so that a mistake that all rows
 * share is seen before the run. Nothing if no row is bad.
 */
export function describeSkippedRows({ invalidRows, firstInvalid }: Survey): readonly string[] {
  if (invalidRows === 0) return []
  const reasons = new Map<string, InvalidRow>()
  for (const row of firstInvalid) {
    const problems = describeProblems(row)
    if (!reasons.has(problems)) reasons.set(problems, row)
  }
  const examples = [...reasons].slice(0, mostReasons)
  const more = invalidRows - examples.length
  return [
    `${counted(invalidRows, 'bad row')} ${invalidRows === 1 ? 'is' : 'are'} skipped:`,
    ...examples.map(([problems, row]) => `  ${rowPlace(row)}: ${problems}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

const mostReasons = 3

/** The problems of a row, in one line. */
function describeProblems({ problems }: InvalidRow): string {
  return problems
    .map(({ column, message }) => (column === null ? message : `${unlessSecret(column)}: ${message}`))
    .join('; ')
}
