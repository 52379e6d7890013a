import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileChunks } from '../input/bytes/file-chunks.ts'
import type { ColumnMapping } from '../input/column-mapping.ts'
import { type InputFile, inputName } from '../input/input-file.ts'
import { columnsOfSettings } from '../input/judge-row.ts'
import { rowSettings } from '../job/input-settings.ts'
import { Refusal } from '../messages/known-error.ts'
import type { RunFile } from './run-file.ts'

/** The columns of a run's input, from its `run.json`. */
export function columnMapping({ input }: RunFile): ColumnMapping {
  return {
    columns: input.columns,
    user: input.mapping.user,
    action: input.mapping.action,
    sendEmail: input.mapping.send_email,
    addresses: input.mapping.addresses ?? false,
  }
}

/** The columns that a run's job names besides those of the mapping. */
export function columnsOfJob({ job }: RunFile): readonly string[] {
  return columnsOfSettings(rowSettings(job))
}

/** The copy of a run's input. Messages use the name that the user typed. */
export function inputFile(directory: string, { input, job }: RunFile): InputFile {
  return {
    path: join(directory, input.file),
    name: inputName(input.name),
    encoding: input.encoding ?? 'utf-8',
    headerLine: job.input.header_line,
    sheet: job.input.sheet,
    hiddenRows: job.input.hidden_rows,
  }
}

/**
 * Checks that the copy is the same as when the run began. In a changed copy, a row number could mean another user.
 *
 * @throws KnownError when it has changed or can't be read
 */
export async function checkInputCopy(directory: string, run: RunFile): Promise<void> {
  const input = inputFile(directory, run)
  const hash = createHash('sha256')
  for await (const chunk of fileChunks(input, 0)) hash.update(chunk)
  if (hash.digest('hex') === run.input.sha256) return
  throw new Refusal(
    `The copy of ${input.name} has changed since the run began (${input.path}).`,
    `Restore the copy from a backup, or copy the file that the run began with to ${input.path}: whether it is the same is checked.`,
  )
}
