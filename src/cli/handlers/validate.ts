import { inTemporaryDirectory } from '../../files/temporary-directory.ts'
import { type InputArguments, prepare } from '../../job/prepare.ts'
import { counted } from '../../messages/counted.ts'
import { type ExitCode, exitCodes, Refusal } from '../../messages/known-error.ts'
import { unlessSecret } from '../../messages/secret-like.ts'
import { shownUnlessSecret } from '../../messages/shown.ts'
import { describeInvalidRows, surveyCopy } from '../../run/check-input.ts'
import { describeInput } from '../../run/describe-input.ts'
import { countMails } from '../terminal/confirm.ts'

interface Arguments extends InputArguments {
  readonly json: boolean
}

/** See `commands/validate.ts`. */
export async function validateInput(args: Arguments, input: string | undefined): Promise<ExitCode> {
  const prepared = await prepare(input, args)
  return await inTemporaryDirectory(async (directory): Promise<ExitCode> => {
    const checked = await surveyCopy(prepared, directory)
    const { input: file, survey, job, mapping, sheet } = checked
    const tooMany = job.guards.max_users !== null && survey.distinctUsers > job.guards.max_users
    if (args.json) {
      const answer = {
        valid: survey.invalidRows === 0,
        rows: survey.rows,
        valid_rows: survey.validRows,
        invalid_rows: survey.invalidRows,
        users: survey.distinctUsers,
        tasks: survey.tasks,
        actions: Object.fromEntries(survey.tasksByAction),
        mails: countMails(survey, job),
        sheet: sheet?.sheet.name ?? null,
        columns: {
          user: named(mapping.user),
          action: named(mapping.action),
          send_email: named(mapping.sendEmail),
        },
        unused_columns: survey.unusedColumns.map(named),
        warnings: survey.warnings.map((warning) => ({ ...warning, column: named(warning.column) })),
        not_selected_rows: survey.notSelectedRows,
        not_due_rows: survey.notDueRows,
        duplicate_rows: survey.duplicateRows,
        job_action_rows: survey.jobActionRows,
        keys: survey.keys,
        max_users_exceeded: tooMany,
        first_invalid: survey.firstInvalid.map(({ row, line, problems }) => ({
          row,
          line,
          problems: problems.map((problem) => ({ ...problem, column: named(problem.column) })),
        })),
      }
      process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
      return survey.invalidRows === 0 ? exitCodes.done : exitCodes.nothingSent
    }
    const described = describeInput(checked)
      .map((line) => `${line}\n`)
      .join('')
    if (survey.invalidRows > 0) process.stdout.write(described)
    if (survey.invalidRows > 0) {
      throw new Refusal(describeInvalidRows(file.name, survey), 'Correct the rows, then validate again.')
    }
    const actions = [...survey.tasksByAction].map(([action, count]) => `${count} ${action}`).join(', ')
    const holds = `${counted(survey.dueUsers, 'user')} in column ${shownUnlessSecret(mapping.user)}`
    const tasks = survey.tasksToDo === 0 ? 'no tasks' : `${counted(survey.tasksToDo, 'task')} (${actions})`
    const mails = `up to ${counted(countMails(survey, job), 'mail')}`
    process.stdout.write(
      `${file.name}: ${counted(survey.rowsToActOn, 'row')} to act on, none bad: ${holds}, ${tasks}, ${mails}.\n`,
    )
    process.stdout.write(described)
    if (tooMany) process.stdout.write(`A run would stop: max_users allows ${job.guards.max_users} users.\n`)
    return exitCodes.done
  })
}

/** The name of a column, or its length if it may be a secret: a file with a token may have been given for any other. */
function named<Name extends string | null>(column: Name): Name | string {
  return column === null ? column : unlessSecret(column)
}
