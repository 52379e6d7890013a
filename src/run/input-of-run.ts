import { join } from 'node:path'
import type { ColumnMapping } from '../input/column-mapping.ts'
import { type InputFile, inputName } from '../input/input-file.ts'
import type { RunFile } from './run-file.ts'

/** The columns of a run's input, as its `run.json` keeps them. */
export function columnMapping({ input }: RunFile): ColumnMapping {
  return {
    columns: input.columns,
    user: input.mapping.user,
    action: input.mapping.action,
    sendEmail: input.mapping.send_email,
  }
}

/** The copy of a run's input, which messages call by what the user typed. */
export function inputFile(directory: string, { input }: RunFile): InputFile {
  return {
    path: join(directory, input.file),
    name: inputName(input.name),
    encoding: input.encoding ?? 'utf-8',
  }
}
