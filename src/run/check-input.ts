import { join } from 'node:path'
import { settleEncoding } from '../input/bytes/settle-encoding.ts'
import { type ColumnMapping, resolveColumns } from '../input/column-mapping.ts'
import { detectFormat } from '../input/format.ts'
import { type InputFile, inputName } from '../input/input-file.ts'
import { type InvalidRow, rowPlace } from '../input/row.ts'
import { type InputSurvey, type Survey, surveyInput } from '../input/survey.ts'
import { inputSettings, rowSettings } from '../job/input-settings.ts'
import type { Job } from '../job/job.ts'
import type { Prepared } from '../job/prepare.ts'
import { KnownError } from '../messages/known-error.ts'
import { copyInput, type InputCopy, nameInputCopy } from './run-directory.ts'

/** An input that was read from beginning to end. */
export interface CheckedInput {
  readonly copy: InputCopy
  readonly input: InputFile
  readonly job: Job
  readonly mapping: ColumnMapping
  readonly survey: InputSurvey
}

/**
 * Copies the input into a directory and checks every row of the copy.
 *
 * @throws KnownError where it can't be read, or where rows can't be acted on and the job does not skip them
 */
export async function checkInput(prepared: Prepared, directory: string): Promise<CheckedInput> {
  const checked = await surveyCopy(prepared, directory)
  const { input, survey, job } = checked
  if (survey.invalidRows > 0 && !job.skip_invalid) {
    throw new KnownError(
      describeInvalidRows(input.name, survey),
      'Correct the rows, or add --skip-invalid to do the rest and report these as skipped. Nothing was sent.',
    )
  }
  return checked
}

/** As {@link checkInput}, but leaves the verdict on invalid rows to the caller. */
export async function surveyCopy(prepared: Prepared, directory: string): Promise<CheckedInput> {
  const received = await copyInput(prepared.source, directory, 'input.received')
  const file = { path: join(directory, received.file), name: inputName(prepared.source) }
  const encoding = await settleEncoding(file, prepared.encoding)
  const format = await detectFormat({ ...file, encoding }, prepared.format)
  const copy = await nameInputCopy(directory, received, format)
  const job = prepared.merge(format)
  const path = join(directory, copy.file)
  const input: InputFile = { ...file, path, encoding, headerLine: job.input.header_line }
  const columns = await resolveColumns(input, inputSettings(job))
  const survey = await surveyInput(input, columns, rowSettings(job))
  if (survey.rows === 0 && job.input.empty === 'error')
    throw new KnownError(
      `${input.name}: the input has no rows, and the job says that this is an error (input.empty: error).`,
      'Check why the list is empty, or take input.empty out of the job file.',
    )
  return { copy, input, job, mapping: survey.mapping, survey }
}

/** The bad rows of an input, by the name that messages give it; the first of them one by one. */
export function describeInvalidRows(name: string, survey: Survey): string {
  const { rows, invalidRows, firstInvalid } = survey
  const more = invalidRows - firstInvalid.length
  return [
    `${name}: ${invalidRows} of ${rows} rows can't be acted on:`,
    ...firstInvalid.map((row) => `  ${rowPlace(row)}: ${describeProblems(row)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n')
}

/** What is wrong with a row, in one line. */
function describeProblems({ problems }: InvalidRow): string {
  return problems
    .map(({ column, message }) => (column === null ? message : `${column}: ${message}`))
    .join('; ')
}
