import type { InputSettings } from '../input/column-mapping.ts'
import type { DueRule, RowSettings } from '../input/judge-row.ts'
import { columnsOfSettings } from '../input/judge-row.ts'
import type { Job } from './job.ts'

function dueRule(due: Job['input']['due']): DueRule | null {
  if (due === null) return null
  const { column, at, time_zone: timeZone, time_zone_column: timeZoneColumn, format } = due
  return { column, at, timeZone, timeZoneColumn, format }
}

/** How a job's rows are judged. */
export function rowSettings({
  input,
  action,
  steps,
  read_first: reads,
}: Pick<Job, 'input' | 'action' | 'steps' | 'read_first'>): RowSettings {
  const { format, where, check } = input
  return {
    format,
    action,
    steps: steps?.map((step) => step.action) ?? null,
    where,
    due: dueRule(input.due),
    checkLogin: check?.login ?? null,
    idsOnly: !reads,
    shortNames: input.short_names,
  }
}

/** How a job's columns are found. */
export function inputSettings(job: Pick<Job, 'input' | 'action' | 'steps' | 'read_first'>): InputSettings {
  const { format, user_column: userColumn, action_column: actionColumn } = job.input
  return { format, userColumn, actionColumn, otherColumns: columnsOfSettings(rowSettings(job)) }
}
