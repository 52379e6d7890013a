import type { SheetChoice } from '../input/xlsx/choose-sheet.ts'
import { nameSteps } from '../job/step.ts'
import { counted } from '../messages/counted.ts'
import { shown, shownList, shownUnlessSecret } from '../messages/shown.ts'
import type { CheckedInput } from './check-input.ts'

/**
 * How an input was understood, as lines for the person who has to answer for it: its columns, used and not used, what
 * may be a mistake, whom the keys name and what the rows add up to.
 */
export function describeInput({ mapping, survey, job, sheet }: CheckedInput): readonly string[] {
  const { rows, invalidRows, notSelectedRows, notDueRows, duplicateRows } = survey
  const { jobActionRows, keys, unusedColumns } = survey
  const kinds = [
    [keys.address, 'a login'],
    [keys.id, 'an id'],
    [keys.short_name, 'a key without @'],
  ] as const
  const named = kinds
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${counted(count, 'row')} by ${what}`)
  return [
    ...(sheet === null ? [] : [describeSheet(sheet)]),
    `Columns: user ${shownUnlessSecret(mapping.user)}; action ${actionColumn(mapping.action, job)}; send_email ${columnOrNone(mapping.sendEmail)}; not used: ${unusedColumns.length === 0 ? 'none' : shownList(unusedColumns)}.`,
    ...survey.warnings.map(({ message }) => `Warning: ${message}`),
    `Rows: ${rows} = ${survey.rowsToActOn} to act on + ${invalidRows} bad + ${notSelectedRows} not selected + ${notDueRows} not due + ${counted(duplicateRows, 'duplicate')}.${named.length === 0 ? '' : ` They name ${counted(survey.distinctUsers, 'user')}: ${named.join(', ')}.`}`,
    ...(jobActionRows > 0 && job.action !== null
      ? [
          `${counted(jobActionRows, 'row')} ${jobActionRows === 1 ? "names no action and gets the job's" : "name no action and get the job's"}: ${job.action}.`,
        ]
      : []),
  ]
}

function describeSheet({ sheet, others, hidden }: SheetChoice): string {
  const own = sheet.isHidden ? `${shown(sheet.name)}, which is hidden` : shown(sheet.name)
  return [
    `Sheet: ${own}`,
    ...(others.length === 0 ? [] : [`not read: ${shownList(others)}`]),
    ...(hidden.length === 0 ? [] : [`hidden and not read: ${shownList(hidden)}`]),
  ]
    .join('; ')
    .concat('.')
}

function columnOrNone(column: string | null): string {
  return column === null ? 'none' : shownUnlessSecret(column)
}

function actionColumn(column: string | null, { action, steps }: CheckedInput['job']): string {
  if (column !== null) return shownUnlessSecret(column)
  if (steps !== null) return `none: the job's steps (${nameSteps(steps)})`
  return action === null ? 'none' : `none: ${action} for all`
}
