import { join } from 'node:path'
import { type ColumnMapping, resolveColumns } from '../input/column-mapping.ts'
import type { InvalidRow } from '../input/row.ts'
import { type Survey, surveyInput } from '../input/survey.ts'
import type { Job } from '../job/job.ts'
import { KnownError } from '../known-error.ts'
import { copyInput, type InputCopy, nameInputCopy } from '../run/run-directory.ts'
import { type Prepared, settleFormat } from './prepare.ts'

/** An input that was read from beginning to end. */
export interface CheckedInput {
  readonly copy: InputCopy
  readonly job: Job
  readonly mapping: ColumnMapping
  readonly survey: Survey
}

/**
 * Copies the input into a directory and checks every row of the copy.
 *
 * @throws KnownError where it can't be read, or where rows can't be acted on and the job does not skip them
 */
export async function checkInput(prepared: Prepared, directory: string): Promise<CheckedInput> {
  const checked = await surveyCopy(prepared, directory)
  const { survey, job } = checked
  if (survey.invalidRows > 0 && !job.skip_invalid) {
    throw new KnownError(
      describeInvalidRows(prepared.source, survey),
      'Correct the rows, or add --skip-invalid to do the rest and report these as skipped. Nothing was sent.',
    )
  }
  return checked
}

/** As {@link checkInput}, but leaves the verdict on invalid rows to the caller. */
export async function surveyCopy(prepared: Prepared, directory: string): Promise<CheckedInput> {
  const received = await copyInput(prepared.source, directory, 'input.received')
  const format = await settleFormat(prepared, join(directory, received.file))
  const copy = await nameInputCopy(directory, received, format)
  const job = prepared.merge(format)
  const path = join(directory, copy.file)
  try {
    const { user_column: userColumn, action_column: actionColumn } = job.input
    const mapping = await resolveColumns(path, { format, userColumn, actionColumn })
    const survey = await surveyInput(path, mapping, { format, action: job.action, steps: job.steps })
    return { copy, job, mapping, survey }
  } catch (error) {
    throw inUsersWords(error, path, prepared.source)
  }
}

/** The copy is what is read, but the user knows the input by the name that was typed. */
function inUsersWords(error: unknown, path: string, source: string): unknown {
  if (!(error instanceof KnownError)) return error
  const message = error.message.replaceAll(path, nameOf(source))
  return new KnownError(message, error.next, error.exitCode, error)
}

function nameOf(source: string): string {
  return source === '-' ? 'standard input' : source
}

/** The bad rows of an input, the first of them one by one. */
export function describeInvalidRows(source: string, survey: Survey): string {
  const { rows, invalidRows, firstInvalid } = survey
  const more = invalidRows - firstInvalid.length
  return [
    `${nameOf(source)}: ${invalidRows} of ${rows} rows can't be acted on:`,
    ...firstInvalid.map((row) => `  row ${row.row}: ${describeProblems(row)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n')
}

/** What is wrong with a row, in one line. */
function describeProblems({ problems }: InvalidRow): string {
  return problems
    .map(({ column, message }) => (column === null ? message : `${column}: ${message}`))
    .join('; ')
}
