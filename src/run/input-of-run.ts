import type { ColumnMapping } from '../input/column-mapping.ts'
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
