import type { ReportRow } from '../report/report-row.ts'
import type { Redactor } from './redactor.ts'

/** A row of a report without what names people: its own cells become digests, and a row that nobody could read has none. */
export function redactRow(row: ReportRow, redactor: Redactor): ReportRow {
  return {
    row: row.row,
    cells: new Map([...row.cells].map(([column, cell]) => [column, redactor.value(cell)])),
    tasks: row.tasks.map((task) => ({
      ...task,
      user: redactor.name(task.user),
      action: redactor.action(task.action),
      message: redactor.message(task.message),
      okta_user_id: redactor.nameOrNull(task.okta_user_id),
      okta_login: redactor.nameOrNull(task.okta_login),
    })),
    excused: row.excused,
    notRead: row.notRead === null ? null : { raw: null },
  }
}
