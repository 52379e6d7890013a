import type { ReportedTask } from './report-row.ts'

/** The first columns of `results.csv` and first fields of `results.jsonl`, in this order. Scripts rely on them. */
export const resultColumns = [
  'row',
  'step',
  'user',
  'action',
  'result',
  'status_before',
  'status_after',
  'http_status',
  'error_code',
  'message',
  'attempts',
  'started_at',
  'finished_at',
  'okta_user_id',
  'okta_login',
  'okta_request_id',
  'due_at',
  'lag_seconds',
] as const satisfies readonly (keyof ReportedTask)[]

/**
 * The names of the input's own columns, which follow {@link resultColumns} in the same order. A name that is taken
 * already gets `input_` before it, as often as necessary.
 */
export function nameInputColumns(columns: readonly string[]): readonly string[] {
  const taken = new Set<string>(resultColumns)
  // A column keeps its own name, even if another column would be renamed to it first.
  const own = new Set(columns.filter((column) => !taken.has(column)))
  for (const column of own) taken.add(column)
  return columns.map((column) => {
    if (own.delete(column)) return column
    let name = column
    while (taken.has(name)) name = `input_${name}`
    taken.add(name)
    return name
  })
}
